/** What answers will take, where nothing was measured before a plan: the host alone, whose answers tell. SmolLM2. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { HostPerson, opened } from "./people.ts";

let room: Awaited<ReturnType<typeof opened>>;
let host: HostPerson;

beforeAll(async () => {
  room = await opened();
  host = await HostPerson.open(room.browser, room.server);
});

afterAll(() => room.close());

const speed = () => host.page.getByText("Speed", { exact: true });
const forecast = () =>
  host.page.getByText(/^As answers went so far, for a question of 200 tokens: the first word after [\d.]+ s/);
const comparison = () => host.page.getByText(/^Last answer: the first word came after [\d.]+ s/);

async function answer(question: string): Promise<void> {
  await host.newConversation();
  await host.ask(question);
  await host.answered();
}

it("an answer tells what the next one will take, and is held against nothing itself", async () => {
  const longest = host.page.getByRole("spinbutton", { name: "Longest answer" });
  await host.page.getByText("Options", { exact: true }).click();
  await longest.fill("40");
  await longest.blur();
  await host.start("Start the ring");
  expect(await speed().count()).toBe(0);
  await answer("Write a short story about a lighthouse keeper and a storm.");
  await speed().click();
  await forecast().waitFor();
  expect(await comparison().count()).toBe(0);
});

it("the next answer stands beside what was foretold when it was asked for, with the error", async () => {
  await answer("Write a short story about a baker and a flood in the old town.");
  await comparison().waitFor();
  await host.page.getByText("Plan and measurement", { exact: true }).click();
  const words = [/^First word: planned [\d.]+ ms, measured [\d.]+ ms; the plan is off by [+−]?\d+ %\./];
  words.push(/^Tokens a second: planned [\d.]+, measured [\d.]+; the plan is off by [+−]?\d+ %\./);
  for (const figures of words) await host.page.getByText(figures).waitFor();
  if (process.env["SHOW"] !== undefined) for (const f of words) console.log(await host.page.getByText(f).innerText());
});

it("the browser keeps it: after a reload the ring knows before the first question", async () => {
  await host.page.reload();
  await host.start("Start the ring");
  await speed().click();
  await forecast().waitFor();
});
