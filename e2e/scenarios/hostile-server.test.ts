/** A signaling server that cheats, before real tabs in a ring that answers: it disturbs nothing, lets nobody in, and people are told. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seeded, tinyCheckpoint } from "@jupiter/testkit";
import { HostileServer } from "@jupiter/testkit/hostile-server";
import type { Page } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRing, type OpenRing } from "../ring/open-ring.ts";
import { eventually } from "./eventually.ts";

const MiB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "jupiter-tiny-"));
const model = join(folder, "tiny.gguf");
const FORCED = Array.from({ length: 400 }, (_, i) => (i * 7) % 256);
const PROMPT = { id: "story", text: "Once upon a time there was a ring of small devices." };
/** At each of three tabs. */
const MISCHIEFS = 400;
let server: HostileServer;
let ring: OpenRing;

beforeAll(async () => {
  writeFileSync(model, tinyCheckpoint());
  const through = async (url: string) => (server = await HostileServer.open(url, seeded(5)));
  ring = await openRing({ model, tabs: 2, backend: "wasm", layers: [2, 2] }, undefined, { through });
});

afterAll(async () => {
  await ring[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** Bytes of a page's objects that are in use. */
async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}

it("more than a thousand deliveries that nobody sent, in mid-answer: the answer is the same, and so are the members", async () => {
  const { host, donors } = ring.room;
  const undisturbed = await ring.ask(PROMPT, FORCED);
  const before = await Promise.all([host, ...donors].map(heapBytes));
  const answer = ring.ask(PROMPT, FORCED);
  await host.waitForFunction(() => globalThis.jupiterHarness!.written() > 20);
  server.isHostile = true;
  server.harass(MISCHIEFS);
  expect((await answer).steps.map(({ chosen }) => chosen)).toEqual(undisturbed.steps.map(({ chosen }) => chosen));
  expect(server.mischiefs).toBeGreaterThan(1000);
  const devices = await host.evaluate(() => globalThis.jupiterHarness!.devices());
  expect(devices.map(({ state }) => state.kind)).toEqual(["serving", "serving"]);
  expect(await host.evaluate(() => globalThis.jupiterHarness!.ring().kind)).toBe("ready");
  // All of it was dealt with, and was told. Some deliveries (of a stranger that left) say nothing and need no word.
  await host.waitForFunction((n) => globalThis.jupiterHarness!.suspicions().count > n, MISCHIEFS / 2);
  for (const donor of donors) {
    await donor.getByText("The server delivers what nobody here sent").waitFor();
    await eventually(() => donor.locator("main").innerText()).toMatch(/[1-9]\d\d messages dropped/);
  }
  server.isHostile = false;
  const after = await Promise.all([host, ...donors].map(heapBytes));
  for (const [i, bytes] of after.entries()) expect(bytes - before[i]!).toBeLessThan(16 * MiB);
});

it("it can do no lasting harm: a device joins, and a new ring answers", async () => {
  await ring.room.addDonor();
  await ring.restart({ layers: [1, 2, 1] });
  await ring.ask(PROMPT, FORCED.slice(0, 5));
});
