/** Taking a device out while the ring answers: what it ends, what is asked before, and what those that stay notice. SmolLM2. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { findings, lookedAt } from "./findings.ts";
import { DonorPerson, HostPerson, opened } from "./people.ts";

const STORY = "Tell me a long story about a fisherman and the sea.";
const { browser, server, close } = await opened();
let host: HostPerson;
let anna: DonorPerson;
let ben: DonorPerson;

afterAll(close);

async function join(name: string, nth: number): Promise<DonorPerson> {
  const donor = await DonorPerson.open(browser, await host.invitation(), lookedAt);
  await donor.join(name);
  await host.arrived(nth);
  await donor.page.evaluate(() => (document.body.dataset["loaded"] = "once"));
  return donor;
}

const press = (name: string) => host.page.getByRole("button", { name, exact: true }).click();
const confirmation = () => host.page.getByText("computes layers of the ring: without it the ring ends");
/** Has the link of now, and was not loaded anew. */
async function followed({ page }: DonorPerson): Promise<void> {
  const { hash } = new URL(await host.invitation());
  await page.waitForFunction((wanted) => location.hash === wanted, hash);
  expect(await page.evaluate(() => document.body.dataset["loaded"])).toBe("once");
}

beforeAll(async () => {
  host = await HostPerson.open(browser, server, lookedAt);
  anna = await join("Anna’s phone", 1);
  ben = await join("Ben’s laptop", 2);
  await host.start("Start the ring");
});

it("one that holds no layers goes without a question, and neither the ring nor its answer notices", async () => {
  const spare = await join("Spare", 3);
  const link = await host.invitation();
  await host.ask(STORY);
  await host.waitForText(20);
  await host.remove("Spare");
  await spare.page.getByText("The host removed this device from the room.").waitFor();
  await host.page.getByText("Spare is removed. The room has a new link").waitFor();
  await eventually(() => host.invitation()).not.toBe(link);
  for (const donor of [anna, ben]) {
    await followed(donor);
    await eventually(() => donor.text()).toMatch(/Layers? \d+/);
  }
  const answer = await host.answered();
  expect(answer).toMatch(/\d+ tokens ·/);
  expect(answer).not.toContain("ends here");
  await host.ready();
  await host.newConversation();
  await spare.page.context().close();
});

it("one that serves is removed only after a question; a start with those who stay is the next step", async () => {
  await host.remove("Ben’s laptop");
  await confirmation().waitFor();
  expect(await findings(host.page)).toEqual([]);
  await press("Keep it");
  await confirmation().waitFor({ state: "detached" });
  await host.ready();
  await host.askEndless();
  const before = await host.waitForText(20);
  await press("Remove Ben’s laptop");
  await press("Remove it and end the ring");
  await ben.page.getByText("The host removed this device from the room.").waitFor();

  await host.page.getByText("The ring has ended").waitFor();
  expect(await host.page.locator(".notice.bad").count()).toBe(0);
  const answer = await host.answered();
  expect(answer).toContain(before.slice(0, 20));
  expect(answer).toContain("The answer ends here: Ben’s laptop was removed.");

  await followed(anna);
  await anna.page.getByRole("heading", { name: "In the room" }).waitFor();
  await eventually(() => anna.text()).toContain("goes on by itself when the host starts the ring");
  await eventually(() => anna.page.locator(".notice, .failure").count()).toBe(0);

  const focused = () => host.page.evaluate(() => document.activeElement?.textContent);
  await eventually(focused).toBe("Start again with 2 devices");
  await host.start("Start again with 2 devices");
  await anna.page.getByText(/^Layers? \d+/).waitFor();
  await press("Ask again");
  await host.page.getByText("The answer ends here").waitFor({ state: "detached" });
  await host.waitForText(20);
  await followed(anna);
});
