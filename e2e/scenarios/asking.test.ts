/** Donors ask from their own pages: over their links to the host, admitted there, written by the ring beside the host's own answers. */
import { afterAll, beforeEach, expect, it } from "vitest";
import { ableToFlood } from "../ask-flood.ts";
import { hearEngine } from "../engine-ear.ts";
import { afresh } from "./afresh.ts";
import { eventually } from "./eventually.ts";
import { findings, lookedAt, notByKeyboard } from "./findings.ts";
import { DonorPerson, ENDLESS, HostPerson, opened } from "./people.ts";

const QUESTION = "What is the capital of France? Answer with its name.";
const ANNA = "Anna’s phone";
/** A lap takes some milliseconds, and a busy machine lets page or worker wait for a few hundred. */
const MOST_LAPS_TO_STOP = 60;

const { browser, server, close } = await opened();
let host: HostPerson;
let anna: DonorPerson;
/** What the host alone answers to `QUESTION`. */
let wanted: string;
/** Whatever went through the server, in either direction. */
const served: string[] = [];

afresh(browser, async () => {
  served.length = 0;
  host = await HostPerson.open(browser, server, { ...lookedAt, init: hearEngine });
  await host.setLongestAnswer();
  await host.start("Start the ring");
  await host.ask(QUESTION);
  await host.answered();
  wanted = await host.answer.locator(".markdown").innerText();
  anna = await DonorPerson.open(browser, await host.invitation(), { ...lookedAt, init: ableToFlood });
  anna.page.on("websocket", (socket) => {
    for (const event of ["framesent", "framereceived"] as const)
      socket.on(event as "framesent", ({ payload }) => served.push(payload.toString()));
  });
  anna.page.on("request", (request) => served.push(`${request.url()} ${request.postData() ?? ""}`));
  await anna.join(ANNA);
  await host.arrived(1);
  await host.start("Start again with 2 devices");
  const field = anna.page.getByRole("textbox", { name: "Your question" });
  await field.fill("Far too long. ".repeat(600));
  await anna.page.getByText("8,192 of at most 8,192 characters").waitFor();
  await field.fill("");
});
afterAll(close);

/** Each test begins with new conversations, and with a host that answers all unless the test says otherwise. */
beforeEach(async () => {
  await host.page.setViewportSize({ width: 1280, height: 800 });
  await policy().selectOption("answer all");
  await host.newConversation();
  const anew = anna.page.getByRole("button", { name: "New conversation" });
  if (await anew.isVisible()) await anew.click();
});

const asks = () => host.page.getByRole("list", { name: "Questions from other devices" }).getByRole("listitem");
/** What waits for the host's word. */
const waiting = () => host.page.getByRole("list", { name: "Questions", exact: true }).getByRole("listitem");
const policy = () => host.page.getByRole("combobox", { name: /^Questions from other devices/ });
const laps = () => host.page.evaluate(() => globalThis.heard!.laps);
/** An answer at Anna's page is under way, and is until it is stopped. */
const endlessBegun = async () => {
  await anna.askRing(ENDLESS);
  // Where it does not begin, the failure says what stands there instead.
  const begun = (element: HTMLElement) =>
    (element.querySelector(".markdown")?.textContent ?? "").length > 40 ? "begun" : element.innerText;
  await eventually(() => anna.answer.evaluate(begun)).toBe("begun");
};
const faultsOf = async (...people: readonly (HostPerson | DonorPerson)[]) => {
  const faults: string[] = [];
  for (const { page } of people) faults.push(...(await findings(page)), ...(await notByKeyboard(page)));
  return faults;
};

/** In the window, and nothing over it. */
function isUncovered(element: Element): boolean {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const isInside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
  return isInside && element.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
}

/** The page, the room beside the chat, the conversation. */
function scrollAll(end: "top" | "bottom"): void {
  for (const element of document.querySelectorAll("html, .room, .log"))
    element.scrollTop = end === "top" ? 0 : element.scrollHeight;
}

it("before the first question the page says who can read it; the host is asked, and the answer is what the host alone would write", async () => {
  await policy().selectOption("ask me each time");
  for (const words of [
    "can be read at the host, whose page shows them",
    "No server can read them",
    "A person at the host is asked before a question is answered.",
  ])
    await eventually(() => anna.text()).toContain(words);
  expect(await faultsOf(anna)).toEqual([]);
  await anna.askRing(QUESTION);
  await anna.page.getByText("A person at the host is asked whether to answer this.").first().waitFor();
  await waiting().getByText(`${ANNA} asks:`).waitFor();
  await eventually(() => waiting().innerText()).toContain(QUESTION);
  expect(await faultsOf(host, anna)).toEqual([]);
  await host.page.getByRole("button", { name: `Answer ${ANNA}` }).click();
  expect(await anna.answered()).toContain("Complete");
  expect(await anna.answer.locator(".markdown").innerText()).toBe(wanted);
  await eventually(() => asks().first().innerText()).toContain(QUESTION);
  await asks().first().getByText("Show the answer").click();
  await eventually(() => asks().first().locator(".markdown").innerText()).toBe(wanted);
  expect(await faultsOf(host, anna)).toEqual([]);
  expect(served.length).toBeGreaterThan(0);
  expect(served.filter((what) => /capital|Paris/.test(what))).toEqual([]);
});

it("the next question belongs to the same dialogue, by keyboard, and its Markdown is drawn", async () => {
  await anna.askRing(QUESTION);
  await anna.answered();
  await anna.page.getByText("The host answers this device’s questions at once.").waitFor();
  await anna.page.getByRole("textbox", { name: "Your question" }).focus();
  await anna.page.keyboard.type("Write a Python function that adds two numbers.");
  await anna.page.keyboard.press("Enter");
  const turns = anna.page.getByRole("log", { name: "Your questions" }).locator("article");
  await eventually(() => turns.count()).toBe(2);
  await anna.answered();
  await anna.answer.locator(".markdown pre").first().waitFor();
});

it("host and donor are answered at the same time, each as if alone", async () => {
  await host.ask(ENDLESS);
  await host.waitForText(20);
  await anna.askRing(QUESTION);
  await anna.answered();
  expect(await anna.answer.locator(".markdown").innerText()).toBe(wanted);
  // The poem was begun before, and is still being written.
  expect(await host.page.getByRole("log").last().getAttribute("aria-busy")).toBe("true");
  await host.page.getByRole("main").getByRole("button", { name: "Stop" }).click();
  await host.answered();
});

it.each(["the asker", "the host"])("a stop by %s ends the answer within a lap", async (who) => {
  await endlessBegun();
  if (who === "the host") await host.page.getByRole("button", { name: `Stop the answer to ${ANNA}` }).click();
  else await anna.page.getByRole("button", { name: "Stop" }).click();
  expect(await anna.answered()).toContain(who === "the host" ? "Stopped by the host" : "Stopped");
  // The engine was told before the asker: what is still in the ring comes back, and the next answer takes a lap for each of its tokens.
  const before = await laps();
  await host.ask("Hi");
  await host.answered();
  const tokens = Number(/^(\d+) token/.exec(await host.answer.locator(".figures").innerText())?.[1]);
  // Page and worker hear of one another late where both are busy; the poem has thousands of laps.
  expect((await laps()) - before - tokens).toBeLessThanOrEqual(MOST_LAPS_TO_STOP);
});

it("a refused question, and a host that takes none of this device, are said in words", async () => {
  await policy().selectOption("ask me each time");
  await anna.askRing(QUESTION);
  await host.page.getByRole("button", { name: `Refuse the question from ${ANNA}` }).click();
  expect(await anna.answered()).toContain("The host did not take this question.");
  expect(await faultsOf(anna)).toEqual([]);
  await host.page.getByLabel(`Rename or remove ${ANNA}`, { exact: true }).and(host.page.locator("summary")).click();
  const own = host.page.getByRole("combobox", { name: `Questions from ${ANNA}` });
  await own.selectOption("answer all");
  await endlessBegun();
  expect(await faultsOf(anna)).toEqual([]);
  // Taken back in the midst of an answer.
  await own.selectOption("take none");
  try {
    expect(await anna.answered()).toContain("The host takes no questions from this device.");
    await eventually(() => anna.page.getByRole("button", { name: "Ask", exact: true }).isDisabled()).toBe(true);
    expect(await faultsOf(host, anna)).toEqual([]);
  } finally {
    await own.selectOption({ index: 0 });
  }
});

it("a question that waits stands over the page, however it is scrolled, also over the large ring; and the tab's title says so", async () => {
  const { page } = host;
  await policy().selectOption("ask me each time");
  const title = () => page.title();
  await eventually(title).toBe("Jupiter");
  const field = page.getByRole("textbox", { name: "Message" });
  // As long as a question may be: its buttons stay in view.
  const long = "Why? ".repeat(1600).trim();
  await anna.askRing(long);
  await waiting().first().waitFor();
  await eventually(title).toBe(`${ANNA} asks · Jupiter`);
  await page.getByRole("status").getByText(`${ANNA} asks: Why?`).waitFor({ state: "attached" });
  const buttons = [`Answer ${ANNA}`, `Refuse the question from ${ANNA}`].map((name) =>
    page.getByRole("button", { name }),
  );
  const inView = () => Promise.all(buttons.map((button) => button.evaluate(isUncovered)));
  for (const size of [
    { width: 1280, height: 800 },
    { width: 360, height: 640 },
  ]) {
    await page.setViewportSize(size);
    for (const end of ["top", "bottom"] as const) {
      await page.evaluate(scrollAll, end);
      await eventually(async () => ({ ...size, end, inView: await inView() })).toEqual({
        ...size,
        end,
        inView: [true, true],
      });
    }
    await field.focus();
    await eventually(inView).toEqual([true, true]);
  }
  expect(await faultsOf(host)).toEqual([]);
  await page.getByRole("button", { name: "Show large" }).click();
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 700 });
    const inDialog = page.getByRole("dialog").getByRole("button", { name: `Answer ${ANNA}` });
    await eventually(() => inDialog.evaluate(isUncovered)).toBe(true);
  }
  expect(await findings(page)).toEqual([]);
  await page
    .getByRole("dialog")
    .getByRole("button", { name: `Refuse the question from ${ANNA}` })
    .click();
  expect(await anna.answered()).toContain("The host did not take this question.");
  await page.getByRole("dialog").getByRole("button", { name: "Back" }).click();
  await waiting().first().waitFor({ state: "detached" });
  await eventually(title).toBe("Jupiter");
});

it("a question asked two hundred times is one question; the host's answer goes on", async () => {
  await policy().selectOption("ask me each time");
  await host.ask(ENDLESS);
  await host.waitForText(20);
  await anna.page.evaluate(() => (globalThis.askedTimes = 200));
  await anna.askRing("Flood?");
  expect(await anna.answered()).toMatch(/wait already|too often/);
  await waiting().first().waitFor();
  expect(await waiting().count()).toBe(1);
  await anna.page.evaluate(() => (globalThis.askedTimes = undefined));
  await host.page.getByRole("button", { name: `Refuse the question from ${ANNA}` }).click();
  const written = (await host.answer.locator(".markdown").innerText()).length;
  await host.waitForText(written + 20);
  await host.page.getByRole("main").getByRole("button", { name: "Stop" }).click();
  expect(await host.answered()).toContain("Stopped");
});

it("a flood beyond what a link may carry ends the link with its reason; the room lives, and the device comes back", async () => {
  await policy().selectOption("ask me each time");
  await anna.page.evaluate(() => (globalThis.askedTimes = 8000));
  await anna.askRing("Flood!");
  await host.page
    .getByText(/sent more than 200 messages a second/)
    .first()
    .waitFor();
  await host.page.getByText("The ring has ended").waitFor();
  expect(await anna.answered()).toMatch(/too often|wait already|link to the host was lost/);
  await anna.page.evaluate(() => (globalThis.askedTimes = undefined));
  await host.arrived(1);
  await host.start("Start again");
  await anna.page.getByText("The host knows nothing of the questions above any more").waitFor();
  await anna.askRing(QUESTION);
  await host.page.getByRole("button", { name: `Answer ${ANNA}` }).click();
  await anna.answered();
  expect(await anna.answer.locator(".markdown").innerText()).toBe(wanted);
});

it("the ring ends in the midst of an answer: words at the asker, who can ask again when it runs", async () => {
  await endlessBegun();
  // Of an answer to another device the host is not asked first.
  await host.page.getByRole("button", { name: "Start again" }).click();
  expect(await anna.answered()).toContain("The answer ends here: A new ring is being put together.");
  await host.ready();
  await anna.page.getByRole("button", { name: "New conversation" }).click();
  await anna.askRing(QUESTION);
  await anna.answered();
  expect(await anna.answer.locator(".markdown").innerText()).toBe(wanted);
  // Of a room that is closed nothing is left to read.
  await host.page.getByRole("button", { name: "Close the room" }).click();
  await anna.page.getByText("The host closed the room.").waitFor();
  await eventually(() => anna.text()).not.toContain(QUESTION);
});
