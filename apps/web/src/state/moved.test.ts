import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { movedInWords } from "./moved.ts";

const [anna, ben] = ["anna0000", "ben00000"].map((id) => PeerId.parse(id)) as [PeerId, PeerId];
const devices = [
  { peer: anna, name: "Anna’s phone" },
  { peer: ben, name: "Ben" },
];

it("says who lost layers to whom, and why", () => {
  expect(movedInWords([], devices)).toBe("");
  expect(
    movedInWords(
      [
        { seat: ben, layers: 3, factor: 1 },
        { seat: anna, layers: -5, factor: 2.13 },
        { seat: "host", layers: 2, factor: 1.02 },
      ],
      devices,
    ),
  ).toBe("Layers moved from Anna’s phone to Ben and this device: Anna’s phone had become 2.1 times slower.");
});

it("names the one that became faster where nobody became slower, and nobody where it was neither", () => {
  const shifts = (factor: number) => [
    { seat: "host" as const, layers: -4, factor: 1 },
    { seat: anna, layers: 4, factor },
  ];
  expect(movedInWords(shifts(0.5), devices)).toBe(
    "Layers moved from this device to Anna’s phone: Anna’s phone had become 2.0 times faster.",
  );
  expect(movedInWords(shifts(1), devices)).toMatch(/Anna’s phone: together they are faster so\.$/);
});
