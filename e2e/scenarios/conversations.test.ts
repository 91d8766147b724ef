/** What is kept and done anew: conversations, edited questions, the room over a reload. The host alone computes, and one donor waits. */
import type { RunningServer } from "@jupiter/signaling-server";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { hearEngine } from "../engine-ear.ts";
import { eventually } from "./eventually.ts";
import { DonorPerson, HostPerson, serve } from "./people.ts";

let browser: Browser;
let server: RunningServer;
let host: HostPerson;
let donor: DonorPerson;

beforeAll(async () => {
  [browser, server] = [await launchChromium(), await serve()];
  host = await HostPerson.open(browser, server, {
    init: hearEngine,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await host.start("Start the ring");
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

/** A lap takes some milliseconds, and a busy machine lets page or worker wait for a few hundred. */
const MOST_LAPS_TO_STOP = 60;

const heard = () => host.page.evaluate(() => globalThis.heard!);

it("text streams in without touching what stands already; code can be copied", async () => {
  await host.newConversation();
  await host.page.getByRole("textbox", { name: "Message" }).fill("Write a Python function that adds two numbers.");
  // Impatient people click twice: the second click must not stop what the first began.
  await host.page.getByRole("button", { name: "Send" }).dblclick();
  await host.page.waitForFunction(() => document.querySelectorAll(".markdown > *").length > 1);
  const first = await host.page.locator(".markdown > *").first().elementHandle();
  const answer = await host.answered();
  expect(answer).toContain("def ");
  expect(answer).not.toContain("Stopped");
  expect(await first?.evaluate((block) => block.isConnected)).toBe(true);
  const code = host.answer.locator(".code-block").first();
  await code.getByRole("button", { name: "Copy" }).click();
  await code.getByRole("button", { name: "Copied" }).waitFor();
  expect(await host.page.evaluate(() => navigator.clipboard.readText())).toContain("def ");
});

it("an answer stops within one lap; a start in its midst asks first", async () => {
  await host.askEndless();
  await host.page.getByRole("button", { name: "Start again" }).click();
  await host.page.getByRole("button", { name: "Keep writing" }).click();
  const lapsAtStop = await host.page.evaluate(() => {
    [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Stop")?.click();
    return globalThis.heard!.laps;
  });
  expect(await host.answered()).toContain("Stopped");
  const lapsAtEnd = (await heard()).laps;
  // Page and worker hear of one another late where both are busy; the poem has thousands of laps.
  expect(lapsAtEnd - lapsAtStop).toBeLessThanOrEqual(MOST_LAPS_TO_STOP);
  // Whatever was still in the ring comes back before the next answer does, which takes a lap for each of its tokens.
  await host.newConversation();
  await host.ask("Hi");
  await host.answered();
  const tokens = Number(/^(\d+) token/.exec(await host.answer.locator(".figures").innerText())?.[1]);
  // The worker tells of laps and of the end in order: after the end comes the lap that was in the ring, and no other.
  expect((await heard()).laps - lapsAtEnd - tokens).toBeLessThanOrEqual(1);
});

it("an edited question takes the place of the old one and of what followed, and is answered as if asked first", async () => {
  const question = "What is the capital of Spain? Answer with its name.";
  await host.newConversation();
  await host.ask(question);
  await host.answered();
  const wanted = await host.answer.locator(".markdown").innerText();
  await host.newConversation();
  await host.ask("What is the capital of Italy? Answer with its name.");
  expect(await host.answered()).toContain("Rome");
  await host.ask("And of Germany?");
  await host.answered();
  await host.page.getByRole("button", { name: "Edit" }).first().click();
  const field = host.page.getByRole("textbox", { name: "Edited question" });
  await eventually(() => field.inputValue()).toContain("Italy");
  await field.fill(question);
  await host.page.getByRole("button", { name: "Ask this instead" }).click();
  await host.answered();
  expect(await host.answer.locator(".markdown").innerText()).toBe(wanted);
  expect(await host.page.locator("article").count()).toBe(1);
  // Computed only from the change on: what the model is told first, and how both questions begin, was in the ring already.
  expect((await heard()).reusedTokens).toBeGreaterThan(10);
});

it("asking again gives the same greedy answer, and by chance another", async () => {
  await host.newConversation();
  await host.page.getByText("How it answers").evaluate((summary) => {
    (summary.parentElement as HTMLDetailsElement).open = true;
  });
  const temperature = host.page.getByRole("slider", { name: /^Temperature/ });
  const toldFirst = host.page.getByRole("textbox", { name: /What the model is told first/ });
  await temperature.fill("0");
  await toldFirst.fill("");
  await host.ask("What is the capital of Spain? Answer with its name.");
  await host.answered();
  const first = await host.answer.locator(".markdown").innerText();
  await host.page.getByRole("button", { name: "Ask again" }).click();
  await host.answered();
  expect(await host.answer.locator(".markdown").innerText()).toBe(first);
  const { promptTokens, reusedTokens } = await heard();
  expect(reusedTokens).toBe(promptTokens - 1);
  await temperature.fill("1.5");
  await toldFirst.fill("You write one short sentence.");
  const texts = new Set<string>();
  for (let i = 0; i < 3; i++) {
    await host.page.getByRole("button", { name: "Ask again" }).click();
    await host.answered();
    texts.add(await host.answer.locator(".markdown").innerText());
  }
  expect(texts.size).toBeGreaterThan(1);
});

it("several conversations, each as it was left", async () => {
  await host.newConversation();
  await eventually(() => host.page.locator("article").count()).toBe(0);
  await host.ask("What is the capital of Germany? Answer with its name.");
  await host.answered();
  await host.page.locator(".chat-header summary").first().click();
  const list = host.page.getByRole("list", { name: "Conversations" });
  // One more than the tests above left, the same however often each of them was tried.
  for (const name of [/^Write a Python/, /^Hi/, /^What is the capital of Germany/])
    await list.getByRole("button", { name }).first().waitFor();
  await list
    .getByRole("button", { name: /^What is the capital of Spain/ })
    .first()
    .click();
  await eventually(() => host.page.locator("article .question").innerText()).toContain("Spain");
  // It has done its part: what was chosen can be read.
  await list.waitFor({ state: "hidden" });
  await host.page.locator(".chat-header summary").first().click();
  const download = host.page.waitForEvent("download");
  await list
    .getByRole("link", { name: /^Export What is the capital of Spain/ })
    .first()
    .click();
  expect((await download).suggestedFilename()).toMatch(/^What is the capital of Spain.*\.md$/);
});

it("a reload keeps the conversations and the room's link; who waited is there again", async () => {
  const link = await host.invitation();
  donor = await DonorPerson.open(browser, link);
  await donor.join("Anna’s phone");
  await host.arrived(1);
  const models = host.page.getByRole("list", { name: "Models" }).getByRole("radio");
  await host.page.getByText(/^Model: /).click();
  await models.nth(1).check();
  await host.page.getByText("Options", { exact: true }).click();
  await host.page.getByRole("spinbutton", { name: "Longest answer" }).fill("128");
  await host.page.getByRole("textbox", { name: "Message" }).fill("Half a question");
  await host.page.reload();
  await host.arrived(1);
  await eventually(() => host.page.getByRole("textbox", { name: "Message" }).inputValue()).toBe("Half a question");
  await host.page.getByText("Options", { exact: true }).click();
  await eventually(() => host.page.getByRole("spinbutton", { name: "Longest answer" }).inputValue()).toBe("128");
  await host.page.getByText(/^Model: /).click();
  await eventually(() => models.nth(1).isChecked()).toBe(true);
  await models.first().check();
  await eventually(() => host.devices.nth(1).innerText()).toContain("Anna’s phone");
  await eventually(() => host.invitation()).toBe(link);
  await host.page.getByText("This page was loaded anew").waitFor();
  // The newest conversation is open.
  await eventually(() => host.page.locator("article").count()).toBe(1);
  await host.page.locator(".chat-header summary").first().click();
  const list = host.page.getByRole("list", { name: "Conversations" });
  const remaining = list.getByRole("button", { name: /^Delete/ });
  await remaining.first().waitFor();
  const all = await remaining.count();
  // Twice, as impatient people do: one is deleted, and the second click neither deletes another nor puts it back.
  await list.getByRole("button", { name: /^Delete What is the capital of Germany/ }).dblclick();
  await eventually(() => remaining.count()).toBe(all - 1);
  const undo = list.getByRole("button", { name: /^Undo deleting What is the capital of Germany/ });
  await undo.waitFor();
  await host.page.keyboard.press("Enter");
  await eventually(() => remaining.count()).toBe(all);
  await host.page.keyboard.press("Enter");
  await undo.waitFor();
  await eventually(() => remaining.count()).toBe(all - 1);
  await list
    .getByRole("button", { name: /^What is the capital of Spain/ })
    .first()
    .click();
  // There is no ring, and asking anew starts one, as sending does.
  const before = await host.page.locator("article").elementHandle();
  await host.page.getByRole("button", { name: "Edit" }).click();
  await host.page.getByRole("button", { name: "Keep as it was" }).click();
  await host.page.getByRole("button", { name: "Ask again" }).click();
  await host.ready();
  await host.page.waitForFunction((article) => !article.isConnected, before);
  expect(await host.answered()).toMatch(/\d+ tokens? ·/);
  await eventually(() => host.page.locator("article .question").allInnerTexts()).toEqual([
    expect.stringContaining("Spain"),
  ]);
  await host.ask("And of Portugal?");
  expect(await host.answered()).toMatch(/\d+ tokens? ·/);
  await eventually(() => host.page.locator("article").count()).toBe(2);
});

it("two tabs lose nothing of one another, and what one deletes stays deleted", async () => {
  const other = await HostPerson.openBeside(host, server);
  other.page.setDefaultTimeout(90_000);
  const asked = (person: HostPerson) => person.page.locator("article .question").allInnerTexts();
  await eventually(() => asked(other)).toHaveLength(2);
  await other.start("Start the ring");
  await other.ask("And of Poland?");
  await other.answered();
  await eventually(() => asked(host)).toHaveLength(3);
  await host.ask("And of Norway?");
  await host.answered();
  await eventually(() => asked(other)).toHaveLength(4);
  await eventually(async () => (await asked(other)).slice(-2)).toEqual(["And of Poland?", "And of Norway?"]);
  // Both at once: whichever is saved later is a copy.
  await host.page.getByRole("textbox", { name: "Message" }).fill("And of Denmark?");
  await other.page.getByRole("textbox", { name: "Message" }).fill("And of Greece?");
  await Promise.all([host, other].map(({ page }) => page.getByRole("button", { name: "Send" }).click()));
  await Promise.all([host.answered(), other.answered()]);
  await other.page.reload();
  await other.page.locator(".chat-header summary").first().click();
  const list = other.page.getByRole("list", { name: "Conversations" });
  const whole = () =>
    list
      .getByRole("link", { name: /^Export/ })
      .evaluateAll((links) => links.map((link) => decodeURIComponent(link.getAttribute("href") ?? "")).join());
  // The other tab's copy may come a moment after its answer.
  for (const country of ["Poland", "Norway", "Denmark", "Greece"])
    await eventually(whole).toContain(`And of ${country}?`);
  const remaining = list.getByRole("button", { name: /^Delete/ });
  await remaining.first().waitFor();
  while ((await remaining.count()) > 0) await remaining.first().click();
  await host.page.getByText("The conversation was deleted in another tab.").waitFor();
  await host.ask("Hi");
  await host.answered();
  await eventually(() => remaining.count()).toBe(1);
  await other.page.reload();
  await eventually(() => asked(other)).toEqual(["Hi"]);
  await other.page.close();
});

it("a closed room tells its donors, and its link is no longer used", async () => {
  const link = await host.invitation();
  await host.page.getByRole("button", { name: "Close the room" }).click();
  await host.page.getByText("The room is closed").waitFor();
  await donor.page.getByText("The host closed the room.").waitFor();
  await host.page.getByRole("button", { name: "Open a new room" }).click();
  await eventually(() => host.invitation()).not.toBe(link);
});
