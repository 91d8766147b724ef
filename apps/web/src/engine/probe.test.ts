import type { RowsFrame } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { Probe } from "./probe.ts";

it("tells hidden states, or the tokens that are likeliest after each row", async () => {
  const sent: RowsFrame[] = [];
  const probe = new Probe({
    embedding: (ids) => ({ wire: "f32", rows: ids.length, hidden: 2, data: new Float32Array(2 * ids.length) }),
    head: {
      score: async (x, policies) => ({
        result: policies.map((_, row) => ({
          row,
          chosen: 1,
          best: [9, 8, 7].map((id) => ({ id: id + 10 * (x.data[row * x.hidden] ?? NaN), logProb: -1 })),
          asked: [],
          entropy: 0,
        })),
        computeMs: 1,
      }),
    },
    epoch: 1,
    send: (frame) => sent.push(frame),
    cancel: () => undefined,
  });
  const frame = { arena: 1, base: 0, positions: [0, 1], parents: [-1, 0], tokenIds: [5, 6], refuted: false };
  const results = probe.run([frame, { ...frame, likeliest: 2 }]);
  for (const { frame, epoch } of sent) {
    const activations = { wire: "f32", rows: 2, hidden: 2, data: Float32Array.of(1, 0, 2, 0) } as const;
    probe.receive({ kind: "return", frame, epoch, times: [], rowIndices: [0, 1], activations });
  }
  const [hidden, likeliest] = await results;
  expect(hidden).toEqual({ hidden: Float32Array.of(1, 0, 2, 0), dead: false, likeliest: [] });
  expect(likeliest?.likeliest.map((row) => row.map(({ id }) => id))).toEqual([
    [19, 18],
    [29, 28],
  ]);
});
