import { expect, it } from "vitest";
import { StopFilter } from "./stop-filter.ts";

function run(stops: string[], parts: string[]) {
  const filter = new StopFilter(stops);
  const shown: string[] = [];
  for (const part of parts) {
    const { text, stopped } = filter.push(part);
    shown.push(text);
    if (stopped) return { shown, stopped };
  }
  return { shown: [...shown, filter.flush()], stopped: false };
}

it("without stop texts everything passes at once", () => {
  expect(run([], ["a", "b"])).toEqual({ shown: ["a", "b", ""], stopped: false });
  expect(run([""], ["a"])).toEqual({ shown: ["a", ""], stopped: false });
});

it("a stop text that comes in pieces is never shown, in part or whole", () => {
  expect(run(["\nUser:"], ["Hello", "\nUs", "er", ": hi"])).toEqual({ shown: ["Hello", "", "", ""], stopped: true });
});

it("what only looked like its beginning is shown a little later", () => {
  expect(run(["END"], ["E", "N", "O", "E"])).toEqual({ shown: ["", "", "ENO", "", "E"], stopped: false });
});

it("the earliest of several counts", () => {
  expect(run(["yz", "x"], ["abxyz"])).toEqual({ shown: ["ab"], stopped: true });
});
