/** The content security policy as a browser enforces it: what is slipped into the page neither runs nor loads, and the page itself asks for nothing of that kind. */
import { afterAll, expect, it } from "vitest";
import { beforeWorkers } from "../before-workers.ts";
import { eventually } from "./eventually.ts";
import { DonorPerson, HostPerson, opened } from "./people.ts";
import {
  allForbidden,
  EVERYTHING,
  farServer,
  forbiddenIn,
  gotThrough,
  NOTHING,
  slipIn,
  watchPolicy,
} from "./slipped-in.ts";

const { browser, server, close } = await opened();
const far = await farServer();
afterAll(async () => {
  await close();
  await far[Symbol.asyncDispose]();
});

it("a room from its opening to an answer asks for nothing that the policy forbids, in pages and workers", async () => {
  const host = await HostPerson.open(browser, server, { init: watchPolicy });
  const donor = await DonorPerson.open(browser, await host.invitation(), { init: watchPolicy });
  for (const { page } of [host, donor]) await beforeWorkers(page, watchPolicy);
  await donor.join("Anna’s phone");
  await host.arrived(1);
  await host.start("Start the ring");
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  for (const { page } of [host, donor]) {
    expect(page.workers().length).toBeGreaterThan(0);
    expect(await forbiddenIn(page)).toEqual([]);
    for (const worker of page.workers()) expect(await worker.evaluate(() => globalThis.forbidden)).toEqual([]);
  }

  // A worker may fetch weights from any hub, by https alone; and the watch sees what it is not let do.
  const [worker] = host.page.workers();
  const outcome = await worker?.evaluate((url) => fetch(url).then(() => "answered", String), `${far.url}/worker`);
  expect(outcome).toContain("Failed to fetch");
  expect(await worker?.evaluate(() => globalThis.forbidden)).toEqual([`connect-src ${far.url}/worker`]);
  expect(far.asked).not.toContain("worker");
  await Promise.all([host.page.context().close(), donor.page.context().close()]);
});

it("what is slipped into the page neither runs nor loads nor shows: each is forbidden by name", async () => {
  const { page } = await HostPerson.open(browser, server, { init: watchPolicy });
  await page.evaluate(slipIn, far.url);
  await eventually(() => forbiddenIn(page)).toEqual(allForbidden(far.url));
  expect(await gotThrough(page, far)).toEqual(NOTHING);
  await page.context().close();
});

it("without the policy all of that runs, loads and shows", async () => {
  const { page } = await HostPerson.open(browser, server, { bypassCSP: true });
  await page.evaluate(slipIn, far.url);
  await eventually(() => gotThrough(page, far)).toEqual(EVERYTHING);
  await page.context().close();
});
