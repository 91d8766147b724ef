/** Chunked prefill beside the best that the exact recurrence allows. */
import { chunkStudy } from "../../sim/chunks.ts";
import { row } from "../row.ts";
import type { Suite } from "../suite.ts";

export const chunks: Suite = {
  name: "chunks",
  about: "Prompts cut by the planner: time over the least possible, and the speed-up over one device",
  minutes: { sampled: 0.5, full: 0.5 },
  run({ say }) {
    say("searching", 0);
    const facts = { source: "simulated", unit: "times" } as const;
    const rows = [...chunkStudy()].flatMap(([name, prefills]) =>
      prefills.flatMap(({ promptTokens, ms, leastMs, aloneMs, isBound }) => {
        const what = `${name}, ${promptTokens} tokens`;
        return [
          row(
            {
              ...facts,
              better: "less",
              name: `${what}: over ${isBound ? "a bound below all slicings" : "the best slicing"}`,
            },
            [ms / leastMs],
          ),
          row({ ...facts, better: "more", name: `${what}: over one device` }, [aloneMs / ms]),
          row({ ...facts, better: "same", name: `${what}: over one device, at most` }, [aloneMs / leastMs]),
        ];
      }),
    );
    return Promise.resolve({
      rows,
      floor: null,
      notes: ["Slicings on a grid of 16 tokens: all of them to 864 tokens, a proven bound beyond."],
    });
  },
};
