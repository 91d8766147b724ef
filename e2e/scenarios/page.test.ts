/** The page as people use it, by clicking: SmolLM2-135M in real tabs, every device a browser context of its own. */
import { afterAll, describe, expect, it } from "vitest";
import { collectPeerConnections } from "../peer-connections.ts";
import { eventually } from "./eventually.ts";
import { DonorPerson, HostPerson, opened } from "./people.ts";

/** Figures stand under an answer that came to its end. */
const WHOLE = /\d+ tokens · first after .* s/;
const { browser, server, close } = await opened();
afterAll(close);

describe("a host and two donors", () => {
  let host: HostPerson;
  let anna: DonorPerson;
  let ben: DonorPerson;

  it("open a room, invite, join and see one another", async () => {
    host = await HostPerson.open(browser, server);
    await host.page.getByText("Nobody has joined yet").waitFor();
    expect(await host.page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    const link = await host.invitation();
    expect(link).toContain("#");
    anna = await DonorPerson.open(browser, link);
    for (const cost of ["Memory", "Download", "Battery", "Privacy"])
      await eventually(() => anna.text()).toContain(cost);
    await anna.join("Anna’s phone");
    ben = await DonorPerson.open(browser, link.replace("/#", "/?auto#"));
    await ben.page.getByRole("heading", { name: "In the room" }).waitFor();
    await host.arrived(2);
    await eventually(() => host.devices.allInnerTexts()).toEqual([
      expect.stringContaining("This device"),
      expect.stringContaining("Anna’s phone"),
      expect.stringContaining("Waiting"),
    ]);
  });

  it("answer the host's question together", async () => {
    await host.start("Start the ring");
    await host.ask("What is the capital of France?");
    const answer = await host.answered();
    expect(answer).toContain("The capital of France is Paris.");
    expect(answer).toMatch(/8 tokens · first after .* s · .* tokens\/s/);
    await host.page.getByText(/^Model: /).click();
    const models = host.page.getByRole("list", { name: "Models" }).getByRole("listitem");
    await models
      .filter({ hasText: "SmolLM2" })
      .getByText(/about [\d.]+ tokens a second/)
      .waitFor();
    await host.page.getByText(/^Model: /).click();
    const works = expect.stringMatching(/In the ring[^]*\d+ of 30 layers|\d+ of 30 layers[^]*In the ring/);
    await eventually(() => host.devices.allInnerTexts()).toEqual([works, works, works]);
    for (const donor of [anna, ben]) await donor.page.getByText(/[1-9]\d* tokens computed/).waitFor();
    await eventually(() => anna.text()).toMatch(/Layers? \d+(–\d+)? of 30/);
  });

  it("stop mid-answer, and go on in the same conversation", async () => {
    await host.askEndless();
    const shown = await host.waitForText(20);
    await host.page.getByRole("button", { name: "Stop" }).click();
    const stopped = await host.answered();
    expect(stopped).toContain("Stopped");
    expect(stopped.startsWith(shown)).toBe(true);
    await host.ask("What is the capital of Italy? Answer with its name.");
    // What it says depends on where the poem was cut.
    expect(await host.answered()).toMatch(WHOLE);
    await eventually(() => host.page.locator("article").count()).toBe(2);
  });

  it("keep every word when a donor leaves, and start again with those that are left", async () => {
    await host.askEndless();
    const shown = await host.waitForText(20);
    await anna.leave();
    expect(await host.answered()).toContain("The answer ends here: Anna’s phone left.");
    expect((await host.answer.innerText()).startsWith(shown)).toBe(true);
    await host.page.getByText("The ring has ended").waitFor();
    expect(await host.page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    await eventually(() => anna.text()).toContain("You left the room.");
    expect(await host.page.locator("article").count()).toBe(1);
    await ben.page.getByText("Waiting for the host to start again").waitFor();

    await host.start("Start again");
    await eventually(() => host.devices.count()).toBe(2);
    await host.ask("What is the capital of Germany? Answer with its name.");
    expect(await host.answered()).toMatch(WHOLE);
  });

  it("and the same when a device vanishes without a word", async () => {
    await host.askEndless();
    const shown = await host.waitForText(20);
    await ben.vanish();
    expect(await host.answered()).toContain("The answer ends here:");
    expect((await host.answer.innerText()).startsWith(shown)).toBe(true);
    await host.page.getByText("Nobody has joined yet").waitFor();
    await host.start("Start again");
    await host.ask("What is the capital of Spain? Answer with its name.");
    expect(await host.answered()).toMatch(WHOLE);
  });

  it("a device that left joins again", async () => {
    await anna.page.getByRole("button", { name: "Join again" }).click();
    await host.devices.nth(1).waitFor();
    await host.page.getByRole("button", { name: "Start again with 2 devices" }).waitFor();
  });
});

it("a start that is given up frees the donors, and leaves a room that can start again", async () => {
  const host = await HostPerson.open(browser, server);
  const donor = await DonorPerson.open(browser, await host.invitation());
  await donor.join("Anna’s phone");
  await host.arrived(1);
  await host.page.getByRole("button", { name: "Start the ring" }).click();
  // Seen in whatever frame shows it: on a quick machine it stands there for an instant.
  await donor.page.waitForFunction(() => document.body.innerText.includes("Measuring how fast this device is"));
  await host.page.getByRole("button", { name: "Cancel" }).click();
  await host.page.getByText("The start was given up.").waitFor();
  await donor.page.getByText("Waiting for the host to start again").waitFor();
  // Twice, as impatient people do: the later press counts.
  await host.page.evaluate(() => {
    const button = [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Start again");
    button?.click();
    button?.click();
  });
  await host.ready();
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  await host.page.context().close();
  await donor.page.context().close();
});

it("a question starts the ring that is not there yet, without a device that can hold no layer", async () => {
  const host = await HostPerson.open(browser, server);
  const donor = await DonorPerson.open(browser, await host.invitation());
  await donor.page.getByRole("slider", { name: "Memory" }).fill(String(64 * 2 ** 20));
  await donor.join("Old phone");
  await host.arrived(1);
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  await host.page.getByText("Old phone can hold no layer of this model and was left out.").waitFor();
  await eventually(() => donor.text()).toContain("Waiting for the host");
  for (const { page } of [host, donor]) await page.context().close();
});

it("a donor whose links broke is welcomed again", async () => {
  const host = await HostPerson.open(browser, server);
  const donor = await DonorPerson.open(browser, await host.invitation(), { init: collectPeerConnections });
  await donor.join("Anna’s phone");
  await host.arrived(1);
  await donor.page.evaluate(() => globalThis.peerConnections?.splice(0).forEach((connection) => connection.close()));
  await donor.page.getByText("The host is gone").waitFor();
  await host.page.getByText("Nobody has joined yet").waitFor();
  await host.devices.getByText("lends up to").waitFor();
  await host.start("Start the ring");
  await eventually(() => donor.text()).toContain("In the ring");
  await host.page.context().close();
  await donor.page.context().close();
});

it("a link that lost its end says what to do", async () => {
  const host = await HostPerson.open(browser, server);
  const donor = await DonorPerson.open(browser, (await host.invitation()).slice(0, -8));
  await donor.page.getByRole("button", { name: "Join", exact: true }).click();
  await donor.page.getByText("copy it whole").waitFor();
  await eventually(() => donor.page.getByRole("button", { name: "Join", exact: true }).isEnabled()).toBe(true);
  await host.page.context().close();
});
