import { expect, it } from "vitest";
import { chunkStudy, chunksTable } from "./chunks.ts";

it("chunked prefill takes at most 1.05 times the least possible, of equal and of unequal devices", () => {
  const study = chunkStudy();
  const prefills = [...study.values()].flat();
  expect(prefills).toHaveLength(12);
  for (const { ms, leastMs, aloneMs } of prefills) {
    expect(ms / leastMs).toBeLessThanOrEqual(1.05);
    expect(aloneMs / ms).toBeGreaterThan(1);
  }
  expect(chunksTable(study)).toContain("| 2048 |");
});
