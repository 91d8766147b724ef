/**
 * SmolLM2-135M by two donors with Medusa heads, alone and merged with lookup: every golden case. `JUPITER_MEDUSA=FILE` takes trained heads
 * (scripts/medusa); without it heads that mostly know the golden answers, so that guesses are sent and both hold and do not.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askGuessing, untried, type Guesses } from "../golden-check-ring.ts";
import { goldenCases } from "../golden-check.ts";
import { headsThatKnow } from "../golden-heads.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";
import { modelFile } from "../ring/run.ts";

const CASES = goldenCases("smollm2-135m-instruct-q4_1");
const EACH_CASE = CASES.map((golden) => [golden.id, golden] as const);
/** Its prompt takes most of the time, for few tokens. */
const KNOWN = CASES.filter(({ id }) => id !== "very-long");
const folder = mkdtempSync(join(tmpdir(), "jupiter-medusa-"));
const trained = process.env["JUPITER_MEDUSA"];
const guessed: Guesses[] = [];
let ring: OpenRing;

beforeAll(async () => {
  ring = await openRing({ tabs: 2, draft: `lookup,medusa:${trained ?? (await knowing())}` });
});

async function knowing(): Promise<string> {
  const file = join(folder, "knowing.safetensors");
  const model = await modelFile({ model: "smollm2-135m-instruct" }, folder, console.error);
  writeFileSync(file, await headsThatKnow(model, KNOWN, 3));
  return file;
}

afterAll(async () => {
  await ring[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

describe.each([
  ["window", ["medusa"]],
  ["continuous", ["medusa"]],
  ["continuous", ["lookup", "medusa"]],
] as const)("%s, %j", (strategy, drafters) => {
  it.each(EACH_CASE)("%s: the golden answer, freely and forced", async (_, golden) => {
    const { faults, said, guesses } = await askGuessing(ring, golden, { strategy, drafters });
    console.log(said);
    guessed.push(guesses);
    expect(faults).toEqual([]);
  });
});

it("over all cases every drafter's guesses were sent, and some held, and some did not", () => {
  expect(untried(["lookup", "medusa"], guessed)).toEqual([]);
});
