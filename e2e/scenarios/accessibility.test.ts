/** Every state that a person meets: nothing that axe finds (WCAG 2.2 AA), and nothing wider than a small phone, in light and dark. */
import { afterAll, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { findings, lookedAt, notByKeyboard } from "./findings.ts";
import { DonorPerson, HostPerson, opened } from "./people.ts";

const { browser, server, close } = await opened();
afterAll(close);

it("the host's page: a new room, a running ring, an answer, an ended ring", async () => {
  const host = await HostPerson.open(browser, server, lookedAt);
  await host.page.getByText("Nobody has joined yet").waitFor();
  expect(await findings(host.page)).toEqual([]);
  for (const label of ["Options", "How it answers", "Kept on this device"]) {
    await host.page.getByText(label, { exact: true }).click();
  }
  expect(await findings(host.page)).toEqual([]);
  expect(await notByKeyboard(host.page)).toEqual([]);
  const donor = await DonorPerson.open(browser, await host.invitation(), lookedAt);
  await donor.page.getByRole("button", { name: "Join" }).waitFor();
  expect(await findings(donor.page)).toEqual([]);
  expect(await notByKeyboard(donor.page)).toEqual([]);
  await donor.join("Anna’s phone");
  expect(await findings(donor.page)).toEqual([]);
  await host.start("Start the ring");
  await host.page.getByRole("button", { name: "Show large" }).click();
  expect(await findings(host.page)).toEqual([]);
  expect(await notByKeyboard(host.page)).toEqual([]);
  await host.page.getByRole("button", { name: "Back" }).click();
  await host.ask("Write a Python function that adds two numbers.");
  await host.answered();
  await host.page.getByRole("button", { name: "Edit" }).click();
  expect(await findings(host.page)).toEqual([]);
  await host.page.getByRole("button", { name: "Keep as it was" }).click();
  await host.askEndless();
  await host.page.getByRole("button", { name: "Start again" }).click();
  // While text streams in, and with the question whether to cut it.
  expect(await findings(host.page)).toEqual([]);
  await host.page.getByRole("button", { name: "Keep writing" }).click();
  await host.page.getByRole("button", { name: "Stop" }).click();
  await host.answered();
  expect(await findings(host.page)).toEqual([]);
  expect(await findings(donor.page)).toEqual([]);
  await donor.leave();
  await host.page.getByText("The ring has ended").waitFor();
  expect(await findings(host.page)).toEqual([]);
  expect(await findings(donor.page)).toEqual([]);
});

function isInView(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}

it("devices that ask, are refused, and are removed", async () => {
  const host = await HostPerson.open(browser, server, lookedAt);
  await host.page.getByRole("switch", { name: /Ask me first/ }).check();
  const donor = await DonorPerson.open(browser, await host.invitation(), lookedAt);
  // Far below the room, in the middle of a question: it comes into view, and the question keeps the focus.
  await host.page.setViewportSize({ width: 360, height: 780 });
  const field = host.page.getByRole("textbox", { name: "Message" });
  await field.pressSequentially("Half a question");
  await donor.ask("Anna’s phone");
  const asking = host.page.getByRole("list", { name: "Asking to join" });
  await asking.getByText("Anna’s phone wants to join").waitFor();
  await host.page.getByRole("status").getByText("Anna’s phone wants to join").waitFor({ state: "attached" });
  await eventually(() => asking.evaluate(isInView)).toBe(true);
  await eventually(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
  await donor.page.getByText("Waiting to be let in").waitFor();
  for (const { page } of [host, donor]) {
    expect(await findings(page)).toEqual([]);
    expect(await notByKeyboard(page)).toEqual([]);
  }
  await host.page.getByRole("button", { name: "Refuse" }).click();
  await donor.page.getByRole("button", { name: "Ask again" }).click();
  await host.page.getByRole("button", { name: "Let in Anna’s phone" }).click();
  await host.page.getByText("Rename or remove").click();
  expect(await findings(host.page)).toEqual([]);
  await host.page.getByRole("button", { name: "Remove Anna’s phone" }).click();
  await donor.page.getByText("The host removed this device").waitFor();
  expect(await findings(donor.page)).toEqual([]);
});

it("the page about trust", async () => {
  const page = await (await browser.newContext(lookedAt)).newPage();
  await page.goto(`${server.url}trust`);
  expect(await findings(page)).toEqual([]);
});

it("a question is asked by keyboard alone", async () => {
  const host = await HostPerson.open(browser, server);
  const press = async (key: string, times = 1) => {
    for (let i = 0; i < times; i++) await host.page.keyboard.press(key);
  };
  const focused = () => host.page.evaluate(() => document.activeElement?.textContent ?? "");
  await host.page.getByText("Nobody has joined yet").waitFor();
  await host.page.getByRole("button", { name: "Start the ring" }).waitFor();
  for (let i = 0; i < 20 && (await focused()) !== "Start the ring"; i++) await press("Tab");
  expect(await focused()).toBe("Start the ring");
  await press("Enter");
  await host.ready();
  const isField = () => host.page.evaluate(() => document.activeElement?.getAttribute("aria-label") === "Message");
  // The button that was pressed is gone: the focus is where the next step is.
  await eventually(isField).toBe(true);
  await host.page.keyboard.type("What is the capital of France?");
  await press("Enter");
  expect(await host.answered()).toContain("Paris");
  const edit = host.page.getByRole("button", { name: "Edit" });
  await edit.focus();
  await press("Enter");
  const isEdited = () => host.page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  await eventually(isEdited).toBe("Edited question");
  await press("Escape");
  await eventually(focused).toBe("Edit");
  await press("Enter");
  await eventually(isEdited).toBe("Edited question");
  await host.page.keyboard.type(" Answer with its name.");
  await press("Tab", 2);
  await press("Enter");
  await eventually(isField).toBe(true);
  expect(await host.answered()).toContain("Paris");
});
