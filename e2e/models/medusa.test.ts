/**
 * SmolLM2-135M by two donors with Medusa heads, alone and merged with lookup: every golden case. `JUPITER_MEDUSA=FILE` takes trained heads
 * (scripts/medusa); without it heads whose blocks are zero, which repeat what the LM head says: exact they must be all the same.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { safetensors } from "@jupiter/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askGuessing } from "../golden-check-ring.ts";
import { goldenCases } from "../golden-check.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";

const EACH_CASE = goldenCases("smollm2-135m-instruct-q4_1").map((golden) => [golden.id, golden] as const);
const D = 576;
const folder = mkdtempSync(join(tmpdir(), "jupiter-medusa-"));
const trained = process.env["JUPITER_MEDUSA"];
let ring: OpenRing;

beforeAll(async () => {
  const zeros = join(folder, "zeros.safetensors");
  const head = (k: number) => ({
    [`medusa_head.${k}.0.linear.weight`]: { dims: [D, D], data: new Float32Array(D * D) },
    [`medusa_head.${k}.0.linear.bias`]: { dims: [D], data: new Float32Array(D) },
  });
  writeFileSync(zeros, safetensors({ ...head(1), ...head(2), ...head(3) }));
  ring = await openRing({ tabs: 2, draft: `lookup,medusa:${trained ?? zeros}` });
});

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
    const { faults, said } = await askGuessing(ring, golden, { strategy, drafters });
    console.log(said);
    expect(faults).toEqual([]);
  });
});
