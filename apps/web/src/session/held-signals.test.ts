import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { HeldSignals } from "./held-signals.ts";

const [anna, ben, eve] = ["anna0000", "ben00000", "eve00000"].map((id) => PeerId.parse(id)) as [PeerId, PeerId, PeerId];

function listening() {
  const heard: unknown[] = [];
  return { heard, signals: new HeldSignals({ deliver: (from, payload) => heard.push([from, payload]) }) };
}

it("a device that is quicker than the host's word is heard in order when that comes, anybody else never", () => {
  const { heard, signals } = listening();
  for (const n of [1, 2]) signals.take(anna, n);
  signals.take(eve, 3);
  expect(heard).toEqual([]);
  signals.know([anna, ben]);
  signals.take(ben, 4);
  signals.take(eve, 5);
  signals.know([anna]);
  signals.take(ben, 6);
  expect(heard).toEqual([
    [anna, 1],
    [anna, 2],
    [ben, 4],
  ]);
});

it("what waits is bounded, of one and of many", () => {
  const { heard, signals } = listening();
  const strangers = Array.from({ length: 1000 }, (_, n) => PeerId.parse(`stranger${n}`));
  for (const stranger of strangers) signals.take(stranger, 0);
  for (let n = 0; n < 1000; n++) signals.take(eve, n);
  signals.know([eve, ...strangers]);
  expect(heard).toHaveLength(64 + 15);
});
