/** What a new host has to see stands in view: the invitation, what became of a dropped file, where names and lists end. */
import type { Locator, Page } from "playwright";
import { afterAll, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { DonorPerson, HostPerson, opened } from "./people.ts";

const { browser, server, close } = await opened();
afterAll(close);

const LAPTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

/** Every part of it, without scrolling: the window, and the room, which scrolls by itself. */
async function isInView(what: Locator): Promise<boolean> {
  return what.evaluate(
    (element) =>
      new Promise<boolean>((resolve) => {
        new IntersectionObserver(([entry]) => resolve((entry?.intersectionRatio ?? 0) > 0.99)).observe(element);
      }),
  );
}

const code = (page: Page) => page.getByRole("button", { name: "Show the code for cameras in the whole window" });
const copy = (page: Page) => page.getByRole("button", { name: "Copy link" });
const invite = (page: Page) => page.getByRole("button", { name: "Invite", exact: true });

it("a new room on a laptop shows link, code and Start; when a ring runs with others, the invitation is a button", async () => {
  const host = await HostPerson.open(browser, server, { viewport: LAPTOP });
  await host.page.getByText("Nobody has joined yet").waitFor();
  for (const part of [code(host.page), copy(host.page), host.page.getByRole("button", { name: "Start the ring" })])
    await eventually(() => isInView(part)).toBe(true);
  const donor = await DonorPerson.open(browser, await host.invitation());
  await donor.join("Anna’s phone");
  await host.arrived(1);
  await code(host.page).click();
  await host.page.getByRole("dialog").getByRole("img", { name: "QR code" }).waitFor();
  await host.page.getByRole("button", { name: "Back" }).click();
  await host.start("Start the ring");
  await copy(host.page).waitFor({ state: "hidden" });
  await invite(host.page).click();
  await eventually(() => isInView(copy(host.page))).toBe(true);
  for (const { page } of [host, donor]) await page.context().close();
});

it("a new room on a phone is one tap away from the invitation", async () => {
  const host = await HostPerson.open(browser, server, { viewport: PHONE, hasTouch: true });
  await host.page.getByText("Nobody has joined yet").waitFor();
  for (const part of [host.page.getByRole("button", { name: "Start the ring" }), invite(host.page)])
    await eventually(() => isInView(part)).toBe(true);
  await invite(host.page).tap();
  for (const part of [code(host.page), copy(host.page)]) await eventually(() => isInView(part)).toBe(true);
  await host.page.context().close();
});

/** As from a folder of the desktop. */
const drop = (where: Locator, name: string, text: string) =>
  where.evaluate(
    (element, [fileName, content]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([content], fileName));
      element.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    },
    [name, text] as const,
  );

it.each([LAPTOP, PHONE, { width: 768, height: 700 }])(
  "a wrong file that is dropped on the chat is refused in view ($width px wide)",
  async (viewport) => {
    const host = await HostPerson.open(browser, server, { viewport });
    await host.page.getByText("Nobody has joined yet").waitFor();
    const field = host.page.getByRole("textbox", { name: "Message" });
    await field.scrollIntoViewIfNeeded();
    await drop(field, "letter.gguf", "Dear Anna, this is no model.");
    const refusal = host.page.getByRole("alert").filter({ hasText: "letter.gguf cannot be used" });
    await refusal.waitFor();
    await eventually(() => isInView(refusal)).toBe(true);
    // Over the whole window the ring would hide it.
    await host.page.getByRole("button", { name: "Show large" }).click();
    await drop(host.page.getByRole("dialog"), "photo.jpg", "no model either");
    const second = host.page.getByRole("alert").filter({ hasText: "photo.jpg cannot be used" });
    await second.waitFor();
    await eventually(() => isInView(second)).toBe(true);
    await eventually(() => host.page.getByRole("dialog").count()).toBe(0);
    await host.page.context().close();
  },
);

it("a device's name says where it is cut, and a long one is cut on its card alone", async () => {
  const host = await HostPerson.open(browser, server, { viewport: LAPTOP });
  const donor = await DonorPerson.open(browser, await host.invitation());
  const field = donor.page.getByRole("textbox", { name: "This device’s name" });
  await field.fill("Anna’s phone");
  expect(await donor.page.getByText("of at most 60 characters").count()).toBe(0);
  const long = "The laptop with the cracked screen in the kitchen, at door";
  await field.fill(long);
  await donor.page.getByText("58 of at most 60 characters").waitFor();
  await field.pressSequentially("too much");
  await donor.page.getByText("60 of at most 60 characters").waitFor();
  await field.fill(long);
  await donor.join(long);
  await host.arrived(1);
  const name = host.devices.nth(1).getByTitle(long, { exact: true });
  const looks = () =>
    name.evaluate((element) => ({
      lines: Math.round(element.clientHeight / Number.parseFloat(getComputedStyle(element).lineHeight)),
      isCut: element.scrollHeight > element.clientHeight,
    }));
  await eventually(looks).toEqual({ lines: 2, isCut: true });
  const word = await DonorPerson.open(browser, await host.invitation(), { viewport: { width: 360, height: 740 } });
  await word.join("W".repeat(60));
  await word.page.getByText(/W{60}/).first().waitFor();
  await eventually(() => word.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await word.page.context().close();
  await host.page.getByRole("checkbox", { name: long, exact: true }).waitFor();
  for (const { page } of [host, donor]) await page.context().close();
});

it("a question that is too long for the context is told while it is typed: about, and exactly where a ring runs", async () => {
  const host = await HostPerson.open(browser, server, { viewport: LAPTOP });
  await host.page.getByText("Options", { exact: true }).click();
  await host.page.getByRole("slider", { name: "Context" }).fill("512");
  const field = host.page.getByRole("textbox", { name: "Message" });
  const long = "A fisherman went to the sea again. ".repeat(100);
  await field.fill(long);
  await host.page.getByText(/^This question has about [\d,]+00 tokens, .* room for fewer than 512/).waitFor();
  await host.start("Start the ring");
  const exactly = host.page.getByText(/^This question has [\d,]+ tokens,/);
  await exactly.waitFor();
  await eventually(() => isInView(exactly)).toBe(true);
  const [count = ""] = /[\d,]+(?= tokens)/.exec(await exactly.innerText()) ?? [];
  expect(await field.inputValue()).toBe(long);
  // Nothing is forbidden, and what refuses it counts the same.
  await host.page.getByRole("button", { name: "Send" }).click();
  expect(await host.answered()).toContain(`has ${count.replace(",", "")} tokens; the ring holds 512`);
  expect(await host.page.getByText("The answer is complete.").count()).toBe(0);
  await field.fill("Hello");
  await exactly.waitFor({ state: "detached" });
  await host.page.context().close();
});

it("the list of conversations lies over the conversation, narrow, and moves nothing", async () => {
  const host = await HostPerson.open(browser, server, { viewport: LAPTOP });
  await host.ask("What is the capital of France?");
  await host.answered();
  const top = async (what: Locator) => (await what.boundingBox())?.y;
  const log = host.page.getByRole("log");
  const before = await top(log);
  const list = host.page.getByRole("list", { name: "Conversations" });
  const open = () => host.page.locator(".chat-header summary").first().click();
  await open();
  await list.waitFor();
  await eventually(async () => (await list.boundingBox())?.width).toBeLessThan(LAPTOP.width / 3);
  await eventually(() => top(log)).toBe(before);
  await host.page.keyboard.press("Escape");
  await list.waitFor({ state: "hidden" });
  await open();
  await host.page.getByRole("textbox", { name: "Message" }).click();
  await list.waitFor({ state: "hidden" });
  await host.page.context().close();
});
