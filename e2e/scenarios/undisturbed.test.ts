/** What must not disturb a ring that is answering: a device that is removed beside it, and a server that goes and comes back. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tinyCheckpoint } from "@jupiter/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CaseResult } from "../ring/run.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";

const folder = mkdtempSync(join(tmpdir(), "jupiter-tiny-"));
const model = join(folder, "tiny.gguf");
/** Fed whatever the model would choose, so that an answer lasts long enough to be disturbed. */
const FORCED = Array.from({ length: 800 }, (_, i) => (i * 7) % 256);
const PROMPT = { id: "story", text: "Once upon a time there was a ring of small devices." };
let ring: OpenRing;
let undisturbed: CaseResult;

beforeAll(async () => {
  writeFileSync(model, tinyCheckpoint());
  ring = await openRing({ model, tabs: 2, backend: "wasm", layers: [2, 2] });
  undisturbed = await ring.ask(PROMPT, FORCED);
});

afterAll(async () => {
  await ring[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** Asks again, does something in mid-answer, and expects every step as if nothing had happened. */
async function answerDespite(disturb: () => Promise<void>): Promise<void> {
  const { host } = ring.room;
  const answer = ring.ask(PROMPT, FORCED);
  await host.waitForFunction(() => globalThis.jupiterHarness!.written() > 20);
  await disturb();
  expect(await host.evaluate(() => globalThis.jupiterHarness!.written())).toBeLessThan(FORCED.length);
  expect((await answer).steps.map(({ chosen }) => chosen)).toEqual(undisturbed.steps.map(({ chosen }) => chosen));
  expect(await host.evaluate(() => globalThis.jupiterHarness!.ring().kind)).toBe("ready");
}

it("a device that is removed, and the new key that all others get", async () => {
  const { room } = ring;
  const eve = await room.addDonor();
  const peer = await eve.evaluate(() => globalThis.jupiterDonor!.peer);
  let link = "";
  await answerDespite(async () => {
    link = await room.host.evaluate((device) => globalThis.jupiterHarness!.remove(device), peer);
    for (const donor of room.donors.slice(0, 2)) {
      await donor.waitForFunction((hash) => location.hash === hash, link);
    }
  });
  await eve.getByText("The host removed this device from the room.").waitFor();
  expect(link).not.toBe(room.link);
});

it("a signaling server that goes and comes back; then others can join by the same link", async () => {
  const { room } = ring;
  const link = await room.donors[0]!.evaluate(() => location.hash);
  await answerDespite(() =>
    room.withoutServer(async () => {
      await room.donors[0]!.getByText("The server cannot be reached at the moment").waitFor();
    }),
  );
  await room.addDonor(link);
  await ring.ask(PROMPT, FORCED.slice(0, 5));
});
