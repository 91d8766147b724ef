import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { loadRates } from "./move-costs.ts";

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
