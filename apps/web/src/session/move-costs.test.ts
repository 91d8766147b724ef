import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { asHeld, loadRates } from "./move-costs.ts";

const [anna, ben] = ["anna0000", "ben00000"].map((id) => PeerId.parse(id)) as [PeerId, PeerId];

it("a device's rate is of what it loaded, in the form in which it holds it", () => {
  // Float32 of eight-bit weights; a quarter of the layers were there already.
  const loads = [{ seat: anna, fileBytes: 1000, heldBytes: 4000, loaded: { bytes: 750, ms: 30 } }];
  expect(loadRates(loads).get(anna)).toBe(100);
});

it("one that loaded nothing, or does not tell, is what it was before", () => {
  const loads = [
    { seat: anna, fileBytes: 1000, heldBytes: 1000, loaded: { bytes: 0, ms: 2 } },
    { seat: ben, fileBytes: 1000, heldBytes: 1000 },
  ];
  expect([...loadRates(loads, new Map([[anna, 7]]))]).toEqual([[anna, 7]]);
});

it("rates that devices tell are of the file's bytes, and become those of what they hold", () => {
  const tensor = { type: "Q8_0", dims: [32], offsetBytes: 0, sha256: null } as const;
  const tensors = [
    { ...tensor, name: "blk.0.attn_q.weight", sizeBytes: 60 },
    { ...tensor, name: "blk.1.attn_q.weight", sizeBytes: 40 },
    { ...tensor, name: "token_embd.weight", sizeBytes: 999 },
  ];
  const device = { memoryBytes: 0, fixedBytes: 0, headBytes: 0, name: "", layerBytes: [240, 160] };
  const costs = { layer: [], frameMs: 0, head: null };
  const devices = [anna, ben].map((seat) => ({ ...device, seat, costs }));
  expect([...asHeld(new Map([[anna, 5]]), { devices }, { tensors })]).toEqual([[anna, 20]]);
});
