/** A server, or a model's source, that goes away while devices fetch their layers, and comes back: people are told, and what has come is not fetched twice. */
import { statSync } from "node:fs";
import { afterAll, expect, it } from "vitest";
import { fetchModel } from "../../scripts/models.mjs";
import { HaltingProxy } from "../halting-proxy.ts";
import { eventually } from "./eventually.ts";
import { DonorPerson, HostPerson, opened } from "./people.ts";

/** Under way at once: three for each group of layers, and the next group is asked for while one is built. */
const REQUESTS = 6;
const { browser, server, close } = await opened();
const { size } = statSync(await fetchModel("smollm2-135m-instruct", { say: console.error }));
afterAll(close);

interface Loading {
  readonly host: HostPerson;
  readonly donor: DonorPerson;
}

/** A host and a donor that are in the middle of their layers. */
async function loading(proxy: HaltingProxy): Promise<Loading> {
  const host = await HostPerson.open(browser, proxy);
  const donor = await DonorPerson.open(browser, await host.invitation());
  await donor.join("Anna’s phone");
  await host.arrived(1);
  proxy.haltAfter(4e6);
  await host.page.getByRole("button", { name: "Start the ring" }).click();
  await eventually(() => proxy.halted).toBeGreaterThanOrEqual(REQUESTS);
  // What was sent reaches the tabs.
  await host.page.waitForTimeout(1000);
  return { host, donor };
}

/** The ring comes about, and nothing of the model came twice. */
async function comesAbout({ host, donor }: Loading, proxy: HaltingProxy): Promise<void> {
  proxy.comeBack();
  await host.ready();
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  console.log(`the model has ${size} bytes, ${proxy.modelBytes} came`);
  // Each of the requests had a megabyte before it broke.
  expect(proxy.modelBytes).toBeLessThan(size + 1e6);
  for (const { page } of [host, donor]) await eventually(() => page.getByText("cannot be reached").count()).toBe(0);
  await Promise.all([host.page.context().close(), donor.page.context().close()]);
}

it("the server of room and models", async () => {
  await using proxy = await HaltingProxy.before(server);
  const { host, donor } = await loading(proxy);
  proxy.goAway("models", "signaling");
  await host.page.getByText("The start waits where it needs the server").waitFor();
  await host.page.getByText("Waiting for the model’s source, which does not answer").waitFor();
  await donor.page.getByText("The server cannot be reached at the moment").waitFor();
  await donor.page.getByText("Waiting for the server, which does not answer").waitFor();
  await host.devices.nth(1).getByText("Waiting for the server").waitFor();
  await comesAbout({ host, donor }, proxy);
});

it("the models’ source alone", async () => {
  await using proxy = await HaltingProxy.before(server);
  const { host, donor } = await loading(proxy);
  proxy.goAway("models");
  await host.page.getByText("Waiting for the model’s source, which does not answer").waitFor();
  await donor.page.getByText("Waiting for the server, which does not answer").waitFor();
  for (const { page } of [host, donor]) expect(await page.getByText("cannot be reached").count()).toBe(0);
  await comesAbout({ host, donor }, proxy);
});

it("the room’s server alone: layers come, and links wait for it", async () => {
  await using proxy = await HaltingProxy.before(server);
  const { host, donor } = await loading(proxy);
  proxy.goAway("signaling");
  for (const { page } of [host, donor]) await page.getByText("The server cannot be reached at the moment").waitFor();
  await donor.page.getByText("Waiting for the server, which does not answer").waitFor();
  await comesAbout({ host, donor }, proxy);
});
