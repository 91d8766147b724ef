/** A small model that always takes the likeliest token goes round in circles: the page says so, ends nothing by itself, and offers a way out. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { findings, lookedAt } from "./findings.ts";
import { HostPerson, opened } from "./people.ts";

/** SmolLM2 repeats its chorus after some hundred tokens. */
const POEM = "Write a poem about the sea.";
/** Room for any circle to show, and for a test to see it in. */
const LONG = 3500;
const WORDS = "This answer goes round in circles, as small models do where they always take the likeliest word.";
const WITH_07 = "Written with temperature 0.7, this answer only.";

const { browser, server, close } = await opened();
let host: HostPerson;

beforeAll(async () => {
  host = await HostPerson.open(browser, server, lookedAt);
  await host.start("Start the ring");
  await host.page.getByText("Options", { exact: true }).click();
  await host.page.getByText("How it answers", { exact: true }).click();
});
afterAll(close);

const log = () => host.page.getByRole("log");
const words = () => host.answer.getByRole("status").getByText(WORDS);
const button = () => host.answer.getByRole("button", { name: "Ask again with temperature 0.7" });
const stop = () => host.page.getByRole("main").getByRole("button", { name: "Stop" });
const temperature = () => host.page.getByRole("slider", { name: /^Temperature/ });
const text = () => host.answer.locator(".markdown").innerText();
const longest = async (tokens: number) => {
  const field = host.page.getByRole("spinbutton", { name: "Longest answer" });
  await field.fill(String(tokens));
  await field.blur();
};
let inCircles: string;

it("says so while the answer is written, which goes on until a person stops it", async () => {
  await longest(LONG);
  await host.ask(POEM);
  await words().waitFor();
  await button().waitFor();
  await eventually(() => host.answer.innerText()).toContain("For this answer only: the conversation’s setting stays.");
  const written = (await text()).length;
  await host.waitForText(written + 100);
  expect(await log().getAttribute("aria-busy")).toBe("true");
  await stop().click();
  expect(await host.answered()).toContain("Stopped");
  inCircles = await text();
});

it("offers a temperature only where there was none", async () => {
  expect(await findings(host.page)).toEqual([]);
  await temperature().fill("1");
  await button().waitFor({ state: "detached" });
  await host.answer.getByText("goes round in circles, as small models do at times").waitFor();
  await temperature().fill("0");
  await button().waitFor();
});

it("asks again with the temperature, in this answer alone", async () => {
  await longest(60);
  await button().click();
  await host.answer.getByText(WITH_07).waitFor();
  expect(await log().locator("article").count()).toBe(1);
  await words().waitFor({ state: "detached" });
  expect(inCircles.startsWith((await text()).slice(0, 100))).toBe(false);
  expect(await temperature().inputValue()).toBe("0");
  // As the conversation's setting is.
  await host.answer.getByRole("button", { name: "Ask again", exact: true }).click();
  await host.answer.getByText(WITH_07).waitFor({ state: "detached" });
  await host.answered();
  expect(inCircles.startsWith((await text()).slice(0, 100))).toBe(true);
});

it("also in the midst of it: the answer ends, and the other stands in its place", async () => {
  await host.newConversation();
  await longest(LONG);
  await host.ask(POEM);
  await button().waitFor();
  await longest(60);
  await button().click();
  await host.answer.getByText(WITH_07).waitFor();
  expect(await log().locator("article").count()).toBe(1);
  expect(inCircles.startsWith((await text()).slice(0, 100))).toBe(false);
});
