import { PeerId, type Seat } from "@jupiter/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PlannerError } from "./errors.ts";
import { plan } from "./plan.ts";
import type { DeviceProfile, HostLayers, PlanRequest } from "./request.ts";

const MB = 1e6;

function device(seat: string, change: Partial<DeviceProfile> & { readonly L?: number } = {}): DeviceProfile {
  const { L = 30, ...fields } = change;
  return {
    seat: seat === "host" ? seat : PeerId.parse(seat.padEnd(8, "_")),
    name: seat === "host" ? "This device" : seat,
    layerMs: 1,
    memoryBytes: Infinity,
    fixedBytes: 0,
    layerBytes: Array<number>(L).fill(10 * MB),
    ...fields,
  };
}

function request(devices: readonly DeviceProfile[], change: Partial<PlanRequest> = {}): PlanRequest {
  const L = devices[0]?.layerBytes.length ?? 30;
  return { devices, model: { L, kvBytes: 0 }, placement: { hostLayers: "none" }, ...change };
}

const placed = (hostLayers: HostLayers, layers?: readonly number[]) => ({
  placement: { hostLayers, ...(layers === undefined ? {} : { layers }) },
});

function counts(asked: PlanRequest): readonly number[] {
  const result = plan(asked);
  if (result.kind === "not-enough") throw new Error(result.message);
  return result.stages.map(({ layers }) => layers.end - layers.first);
}

function refusal(asked: PlanRequest) {
  const result = plan(asked);
  if (result.kind === "plan") throw new Error("expected no plan");
  return result;
}

describe("the split", () => {
  it("is even over equal devices, and by speed over others", () => {
    expect(counts(request([device("a"), device("b"), device("c")]))).toEqual([10, 10, 10]);
    expect(counts(request([device("a"), device("b"), device("c"), device("d")])).toSorted()).toEqual([7, 7, 8, 8]);
    expect(counts(request([device("slow", { layerMs: 2 }), device("fast", { layerMs: 1 })]))).toEqual([10, 20]);
  });

  it("names ranges, times and bytes", () => {
    const fast = device("fast", { fixedBytes: 7 * MB });
    const result = plan(request([device("slow", { layerMs: 2 }), fast], { model: { L: 30, kvBytes: MB } }));
    expect(result).toEqual({
      kind: "plan",
      stages: [
        { seat: "slow____", layers: { first: 0, end: 10 }, ms: 20, memoryBytes: 110 * MB },
        { seat: "fast____", layers: { first: 10, end: 30 }, ms: 20, memoryBytes: 227 * MB },
      ],
      maxMs: 20,
      sumMs: 40,
    });
  });

  it("gives a fast device no more than it can hold", () => {
    const small = device("small", { layerMs: 0.1, memoryBytes: 45 * MB, fixedBytes: 5 * MB });
    expect(counts(request([small, device("b"), device("c")]))).toEqual([4, 13, 13]);
  });

  it("among equal maxima takes the smallest sum", () => {
    const devices = [
      device("slow", { layerMs: 4, L: 4 }),
      device("mid", { layerMs: 2, L: 4 }),
      device("fast", { L: 4 }),
    ];
    expect(counts(request(devices))).toEqual([1, 1, 2]);
  });

  it("puts the host where it is told to", () => {
    const devices = [device("host"), device("a"), device("b")];
    const seats = (hostLayers: HostLayers, of = devices) => {
      const result = plan(request(of, placed(hostLayers)));
      return result.kind === "plan" ? result.stages.map(({ seat }) => seat) : result.message;
    };
    const [a, b] = ["a_______", "b_______"] as Seat[];
    expect(seats("none")).toEqual([a, b]);
    expect(seats("first")).toEqual(["host", a, b]);
    expect(seats("last")).toEqual([a, b, "host"]);
    expect(seats("both")).toEqual(["host", a, b, "host"]);
    expect(seats("all")).toEqual(["host"]);
    expect(seats("both", [device("host")])).toEqual(["host"]);
  });

  it("charges both ends of the host to one device", () => {
    const host = device("host", { memoryBytes: 45 * MB, fixedBytes: 5 * MB });
    const result = plan(request([host, device("a", { layerMs: 0.5 })], placed("both")));
    if (result.kind !== "plan") throw new Error(result.message);
    const [first, between, last] = result.stages;
    expect((first?.ms ?? 0) + (last?.ms ?? 0)).toBe(4);
    expect((first?.memoryBytes ?? 0) + (last?.memoryBytes ?? 0)).toBe(45 * MB);
    expect(between?.ms).toBe(13);
    expect(result.maxMs).toBe(13);
  });
});

describe("explicit counts", () => {
  const devices = [device("host"), device("a", { memoryBytes: 1 })];

  it("are taken as they are, whatever memory says", () => {
    expect(counts(request(devices, placed("both", [1, 28, 1])))).toEqual([1, 28, 1]);
  });

  it.each([
    [
      "too few",
      [15, 15],
      "expected 3 counts (This device, a, This device) that add up to the model's 30 layers, got 15, 15: 2 came",
    ],
    ["a wrong sum", [10, 10, 9], "their sum is 29"],
    ["a zero", [0, 29, 1], "at least 1"],
    ["a fraction", [1.5, 27.5, 1], "whole number"],
    ["none", [], "got none: 0 came"],
  ])("with %s are refused", (_, layers, message) => {
    const attempt = () => plan(request(devices, placed("both", layers)));
    expect(attempt).toThrow(expect.objectContaining({ name: "PlannerError", reason: "layer-counts" }));
    expect(attempt).toThrow(message);
  });
});

describe("requests without sense are refused:", () => {
  it.each<[string, PlanRequest, PlannerError["reason"]]>([
    ["no donors and no host", request([device("host")]), "no-stages"],
    ["a host that was not measured", request([device("a")], placed("first")), "unknown-seat"],
    ["a time that is no number", request([device("a", { layerMs: NaN })]), "bad-profile"],
    ["sizes of another model", request([device("a"), device("b", { L: 29 })]), "bad-profile"],
    ["a negative limit", request([device("a", { memoryBytes: -1 })]), "bad-profile"],
  ])("%s", (_, asked, reason) => {
    expect(() => plan(asked)).toThrow(expect.objectContaining({ name: "PlannerError", reason }));
  });
});

describe("when the devices are not enough", () => {
  const phone = device("Phone", { memoryBytes: 120 * MB });
  const laptop = device("Laptop", { memoryBytes: 100 * MB });

  it("says how much is missing, and where", () => {
    expect(refusal(request([phone, laptop]))).toEqual({
      kind: "not-enough",
      reason: "memory",
      message: "The devices can hold 22 of 30 layers; about 80 MB are missing: one more device like Laptop.",
      missingBytes: 80 * MB,
      devices: [
        { seat: "Phone___", layers: 12, missingBytes: expect.any(Number) as number },
        { seat: "Laptop__", layers: 10, missingBytes: expect.any(Number) as number },
      ],
    });
  });

  it("offers a smaller context only where that would do", () => {
    const model = { L: 30, kvBytes: 2 * MB };
    const roomy = device("Tablet", { memoryBytes: 200 * MB });
    expect(refusal(request([phone, roomy], { model })).message).toBe(
      "The devices can hold 26 of 30 layers; about 40 MB are missing: one more device like Phone, or a smaller context.",
    );
    expect(refusal(request([phone, laptop], { model })).message).not.toContain("context");
  });

  it("asks for several devices where one would not do", () => {
    expect(refusal(request([device("Phone", { memoryBytes: 90 * MB })])).message).toBe(
      "The devices can hold 9 of 30 layers; about 210 MB are missing: 3 more devices like Phone.",
    );
  });

  it("names a device that cannot hold its least share", () => {
    const watch = device("Watch", { memoryBytes: 9.5 * MB, fixedBytes: 4 * MB });
    expect(refusal(request([device("a"), watch])).message).toBe(
      "Watch is too small: it offers 10 MB, and even one layer takes 14 MB. Leave it out, or give it more memory.",
    );
    const host = device("host", { memoryBytes: 15 * MB });
    expect(refusal(request([host, device("a")], placed("both"))).message).toContain("2 layers take 20 MB");
  });

  it("blames the order where layers differ in size", () => {
    const layerBytes = [9 * MB, MB, MB];
    const devices = [
      device("a", { layerBytes, memoryBytes: 5 * MB }),
      device("b", { layerBytes, memoryBytes: 20 * MB }),
    ];
    expect(refusal(request(devices)).message).toContain(
      "do not fit these devices in this order; about 4 MB are missing",
    );
  });

  it("counts stages against layers", () => {
    const devices = ["host", "a", "b"].map((seat) => device(seat, { L: 3 }));
    expect(counts(request(devices, placed("first")))).toEqual([1, 1, 1]);
    expect(refusal(request(devices, placed("both")))).toMatchObject({
      reason: "stages",
      missingBytes: 0,
      message:
        "The model has 3 layers, and the ring has 4 stages; each needs at least one layer. Let the host hold one end only, or leave a device out.",
    });
  });
});

/** Every way to cut L layers into `places` shares of at least one. */
function* cuts(L: number, places: number): Generator<number[]> {
  if (places === 1) yield [L];
  else for (let n = 1; n <= L - places + 1; n++) for (const rest of cuts(L - n, places - 1)) yield [n, ...rest];
}

function bruteForce({ devices, model, placement: { hostLayers } }: PlanRequest) {
  const host = devices.filter(({ seat }) => seat === "host");
  const donors = devices.filter(({ seat }) => seat !== "host");
  const ring = [...(hostLayers === "none" || hostLayers === "last" ? [] : host), ...donors];
  if (donors.length > 0 && (hostLayers === "last" || hostLayers === "both")) ring.push(...host);
  let best: { readonly maxMs: number; readonly sumMs: number } | null = null;
  let missingBytes = Infinity;
  for (const shares of ring.length > model.L ? [] : cuts(model.L, ring.length)) {
    const busyMs = new Map<DeviceProfile, number>();
    const heldBytes = new Map<DeviceProfile, number>();
    let layer = 0;
    shares.forEach((count, i) => {
      const stage = ring[i] ?? device("a");
      for (let n = 0; n < count; n++, layer++) {
        busyMs.set(stage, (busyMs.get(stage) ?? 0) + stage.layerMs);
        const before = heldBytes.get(stage) ?? stage.fixedBytes;
        heldBytes.set(stage, before + (stage.layerBytes[layer] ?? 0) + model.kvBytes);
      }
    });
    const over = [...heldBytes].reduce((sum, [{ memoryBytes }, bytes]) => sum + Math.max(0, bytes - memoryBytes), 0);
    missingBytes = Math.min(missingBytes, over);
    if (over > 0) continue;
    const [maxMs, sumMs] = [Math.max(...busyMs.values()), [...busyMs.values()].reduce((a, b) => a + b)];
    if (best === null || maxMs < best.maxMs || (maxMs === best.maxMs && sumMs < best.sumMs)) best = { maxMs, sumMs };
  }
  return { ring, best, missingBytes };
}

const instance: fc.Arbitrary<PlanRequest> = fc
  .record({ L: fc.integer({ min: 1, max: 8 }), donors: fc.integer({ min: 1, max: 4 }) })
  .chain(({ L, donors }) =>
    fc.record({
      devices: fc.tuple(
        ...["host", "a", "b", "c", "d"].slice(0, donors + 1).map((seat) =>
          fc
            .record({
              layerMs: fc.integer({ min: 0, max: 9 }),
              memoryBytes: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(Infinity)),
              fixedBytes: fc.integer({ min: 0, max: 4 }),
              layerBytes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: L, maxLength: L }),
            })
            .map((fields) => device(seat, fields)),
        ),
      ),
      model: fc.record({ L: fc.constant(L), kvBytes: fc.integer({ min: 0, max: 2 }) }),
      placement: fc.record({ hostLayers: fc.constantFrom<HostLayers>("none", "first", "last", "both") }),
    }),
  );

describe("against every possible split", () => {
  it("the plan is feasible and as good as the best; not-enough where none fits, with the least missing bytes", () => {
    fc.assert(
      fc.property(instance, (asked) => {
        const { ring, best, missingBytes } = bruteForce(asked);
        const result = plan(asked);
        if (result.kind === "not-enough") {
          expect(best).toBeNull();
          expect(result.reason).toBe(missingBytes === Infinity ? "stages" : "memory");
          expect(result.missingBytes).toBe(missingBytes === Infinity ? 0 : missingBytes);
          expect(result.devices.reduce((sum, shortage) => sum + shortage.missingBytes, 0)).toBe(result.missingBytes);
          return;
        }
        expect({ maxMs: result.maxMs, sumMs: result.sumMs }).toEqual(best);
        expect(result.stages.map(({ seat }) => seat)).toEqual(ring.map(({ seat }) => seat));
        let first = 0;
        for (const { layers } of result.stages) {
          expect(layers.first).toBe(first);
          expect(layers.end).toBeGreaterThan(layers.first);
          first = layers.end;
        }
        expect(first).toBe(asked.model.L);
        for (const { seat, memoryBytes } of ring) {
          const held = result.stages.filter((stage) => stage.seat === seat).reduce((sum, s) => sum + s.memoryBytes, 0);
          expect(held).toBeLessThanOrEqual(memoryBytes);
        }
        expect(plan(asked)).toEqual(result);
      }),
      { numRuns: 2000 },
    );
  });

  it("is found for a large model in the host's both ends", () => {
    const devices = ["host", "a", "b", "c", "d", "e", "f", "g"].map((seat, i) =>
      device(seat, { L: 126, layerMs: 1 + i }),
    );
    const result = plan(request(devices, placed("both")));
    expect(result).toMatchObject({ kind: "plan", maxMs: 48 });
  });
});
