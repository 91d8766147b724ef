import type { ModelShape } from "@jupiter/model";
import { expect, it } from "vitest";
import { KeptTimes, timesKey, type MeasuredDevice } from "./kept-times.ts";

const DAY_MS = 24 * 3_600_000;
const times: MeasuredDevice = {
  layerTimes: [{ T: 1, S: 0, ms: 0.5 }],
  headTimes: [{ rows: 1, ms: 3 }],
  frameMs: 0.1,
  handoverMs: 0.4,
  isAnew: false,
};

function shelf(text: string | null = null) {
  const shelf = { text, nowMs: 100 * DAY_MS };
  const kept = new KeptTimes(
    { read: () => shelf.text, write: (written) => void (shelf.text = written) },
    () => shelf.nowMs,
  );
  return { shelf, kept };
}

it("a second start measures nothing, for a week", () => {
  const { shelf: here, kept } = shelf();
  kept.keep("a", times);
  expect(kept.get("a")).toEqual(times);
  expect(kept.get("b")).toBeNull();
  here.nowMs += 7 * DAY_MS - 1;
  expect(kept.get("a")).toEqual(times);
  here.nowMs += 1;
  expect(kept.get("a")).toBeNull();
  // A clock that was set back says nothing of age.
  here.nowMs -= 30 * DAY_MS;
  expect(kept.get("a")).toBeNull();
});

it("a pace of loading is noted with what is kept, and makes it no younger", () => {
  const { shelf: here, kept } = shelf();
  kept.note("a", { loadBytesPerMs: 5 });
  expect(kept.get("a")).toBeNull();
  kept.keep("a", times);
  here.nowMs += 6 * DAY_MS;
  kept.note("a", { loadBytesPerMs: 5 });
  expect(kept.get("a")).toEqual({ ...times, loadBytesPerMs: 5 });
  here.nowMs += DAY_MS;
  expect(kept.get("a")).toBeNull();
});

it("the newest measurement counts, and the oldest models go first", () => {
  const { shelf: here, kept } = shelf();
  kept.keep("a", times);
  kept.keep("a", { ...times, frameMs: 9 });
  expect(kept.get("a")?.frameMs).toBe(9);
  for (let i = 0; i < 12; i++) {
    here.nowMs++;
    kept.keep(`model ${i}`, times);
  }
  expect(kept.get("a")).toBeNull();
  expect(kept.get("model 0")).not.toBeNull();
});

it.each(["{", "null", "7", '[{"key":"a"}]', '[null,{"key":"a","atMs":1,"times":{"layerTimes":[{}]}}]'])(
  "what is not legible is measured anew: %s",
  (text) => {
    const { kept } = shelf(text);
    expect(kept.get("a")).toBeNull();
    kept.keep("a", times);
    expect(kept.get("a")).toEqual(times);
  },
);

it("every number that times depend on tells keys apart", () => {
  const shape: ModelShape = {
    ...({ architecture: "llama", L: 30, D: 576, F: 1536, H: 9, K: 3, E: 64, V: 49152 } as const),
    ...{ ropeBase: 1e5, rmsEpsilon: 1e-5, contextLength: 8192 },
  };
  const rung = { name: "wasm", backend: "wasm", kernels: true, hideSubgroups: false, maxRows: Infinity } as const;
  const key = timesKey(shape, rung, 1, "1");
  const others = [
    timesKey({ ...shape, D: 640 }, rung, 1, "1"),
    timesKey(shape, { ...rung, name: "webgpu" }, 1, "1"),
    timesKey(shape, { ...rung, maxRows: 16 }, 1, "1"),
    timesKey(shape, rung, 2, "1"),
    timesKey(shape, rung, 1, "2"),
  ];
  expect(new Set([key, ...others]).size).toBe(6);
  // Layers of one size take the same however many a model has.
  expect(timesKey({ ...shape, L: 12 }, rung, 1, "1")).toBe(key);
});
