import { PeerId, type Seat } from "@jupiter/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LayerCost } from "./costs.ts";
import type { PlannerError } from "./errors.ts";
import { plan } from "./plan.ts";
import { CHAT, type DeviceProfile, type HostLayers, type PlanRequest } from "./request.ts";
import { expectNearOptimum } from "./testing/against-brute-force.ts";
import { requests, seatAt } from "./testing/instances.ts";
import { whatIfs } from "./what-ifs.ts";

const MB = 1e6;

/** A layer of so many milliseconds a row, whatever is cached. */
const rowsOf = (rowMs: number, floorMs = 0): LayerCost => [{ fromRows: 1, floorMs, rowMs, pairMs: 0 }];

function device(
  seat: string,
  { L = 30, ms = 1, ...change }: Partial<DeviceProfile> & { readonly L?: number; readonly ms?: number } = {},
): DeviceProfile {
  return {
    seat: seat === "host" ? seat : PeerId.parse(seat.padEnd(8, "_")),
    name: seat === "host" ? "This device" : seat,
    costs: { layer: rowsOf(ms), frameMs: 0, head: { floorMs: 0, rowMs: 0 } },
    memoryBytes: Infinity,
    fixedBytes: 0,
    layerBytes: Array<number>(L).fill(10 * MB),
    headBytes: 0,
    ...change,
  };
}

type Change = Partial<Omit<PlanRequest, "placement">> & { readonly placement?: Partial<PlanRequest["placement"]> };

function request(devices: readonly DeviceProfile[], { placement, ...change }: Change = {}): PlanRequest {
  const all = devices.some(({ seat }) => seat === "host")
    ? devices
    : [device("host", { L: devices[0]!.layerBytes.length }), ...devices];
  return {
    devices: all,
    link: () => ({ rttMs: 0, bytesPerMs: Infinity }),
    model: { L: all[0]!.layerBytes.length, kvBytes: 0, rowBytes: 1000, mostRows: 256 },
    workload: CHAT,
    objective: "workload",
    ...change,
    placement: { hostLayers: ["none"], head: ["host"], donors: "all", ...placement },
  };
}

function planned(asked: PlanRequest) {
  const result = plan(asked);
  if (result.kind === "not-enough") throw new Error(result.message);
  return result;
}

const counts = (asked: PlanRequest) => planned(asked).stages.map(({ layers }) => layers.end - layers.first);
const shares = (asked: PlanRequest): Readonly<Record<string, number>> =>
  Object.fromEntries(planned(asked).stages.map(({ seat, layers }) => [seat, layers.end - layers.first]));
const seats = (asked: PlanRequest) => planned(asked).stages.map(({ seat }) => seat);

const firstToken = { objective: "first-token" } as const;

describe("the split", () => {
  it("is even over equal devices, and for the first token by speed over others", () => {
    expect(counts(request([device("a"), device("b"), device("c")]))).toEqual([10, 10, 10]);
    const uneven = [device("slow", { ms: 3 }), device("fast")];
    const { slow____: slow, fast____: fast } = shares(request(uneven, firstToken));
    expect(fast! / slow!).toBeGreaterThan(2.5);
  });

  it("leaves a slow device its least share where one answer's tokens are what counts: they take the sum", () => {
    const uneven = [device("slow", { ms: 3 }), device("fast")];
    expect(counts(request(uneven, { objective: "tokens-per-second" }))).toEqual([1, 29]);
  });

  it("spreads layers out again for several answers at once: they wait for the busiest", () => {
    const workload = { ...CHAT, answersAtOnce: 4 };
    expect(
      counts(request([device("slow", { ms: 2 }), device("fast")], { objective: "tokens-per-second", workload })),
    ).toEqual([10, 20]);
  });

  it("gives a fast device no more than it can hold", () => {
    const small = device("small", { ms: 0.1, memoryBytes: 45 * MB, fixedBytes: 5 * MB });
    expect(shares(request([small, device("b"), device("c")]))).toEqual({ small___: 4, b_______: 13, c_______: 13 });
  });

  it("moves layers away from a host that is busy with head and drafts, as far as answers at once wait for it", () => {
    const busy = device("host", { costs: { layer: rowsOf(1), frameMs: 0, head: { floorMs: 8, rowMs: 0 } } });
    const workload = { ...CHAT, answersAtOnce: 4, hostLapMs: 2 };
    const asked = request([busy, device("a")], {
      objective: "tokens-per-second",
      workload,
      placement: { hostLayers: ["first"] },
    });
    expect(counts(asked)).toEqual([10, 20]);
  });

  it("names ranges, times and bytes", () => {
    const result = planned(
      request([device("a", { fixedBytes: 7 * MB }), device("b")], {
        model: { L: 30, kvBytes: MB, rowBytes: 1, mostRows: 256 },
      }),
    );
    expect(result.stages).toEqual([
      { seat: "a_______", layers: { first: 0, end: 15 }, ms: 15, memoryBytes: 172 * MB },
      { seat: "b_______", layers: { first: 15, end: 30 }, ms: 15, memoryBytes: 165 * MB },
    ]);
    expect(result.predicted.lapMs).toBe(30);
    expect(result.predicted.tokensPerSecond).toBeCloseTo(1000 / 30);
    expect(result.predicted.slices.reduce((a, b) => a + b)).toBe(CHAT.promptTokens);
  });
});

describe("who takes part", () => {
  const [a, b, c] = ["a_______", "b_______", "c_______"] as Seat[];

  it("the host stands where it is told to", () => {
    const devices = [device("host"), device("a"), device("b")];
    const placedSeats = (form: HostLayers, of = devices) => seats(request(of, { placement: { hostLayers: [form] } }));
    expect(placedSeats("none")).toEqual([a, b]);
    expect(placedSeats("first")).toEqual(["host", a, b]);
    expect(placedSeats("last")).toEqual([a, b, "host"]);
    expect(placedSeats("both")).toEqual(["host", a, b, "host"]);
    expect(placedSeats("all")).toEqual(["host"]);
    expect(placedSeats("both", [device("host")])).toEqual(["host"]);
  });

  it("one device alone wins when links cost more than they bring, and says who is left out", () => {
    const far = { link: () => ({ rttMs: 400, bytesPerMs: 10 }) };
    const asked = request([device("host"), device("a")], {
      ...far,
      placement: { hostLayers: ["first", "all"], donors: "best" },
    });
    expect(seats(asked)).toEqual(["host"]);
    expect(planned(asked).leftOut).toEqual([a]);
    expect(seats({ ...asked, link: () => ({ rttMs: 0, bytesPerMs: 1e9 }), objective: "first-token" })).toEqual([
      "host",
      a,
    ]);
  });

  it("a slow device is left out, and takes part where it must", () => {
    const devices = [device("host"), device("a", { ms: 100 }), device("b")];
    const asked = request(devices, { ...firstToken, placement: { hostLayers: ["first"], donors: "best" } });
    expect(seats(asked)).toEqual(["host", b]);
    expect(seats({ ...asked, placement: { ...asked.placement, donors: "all" } })).toContain(a);
  });

  it("goes round by the near links", () => {
    const near = ["host c", "c a", "a b", "b host"];
    const link = (from: Seat, to: Seat) => ({
      rttMs: near.includes([from, to].map((seat) => seat.replaceAll("_", "")).join(" ")) ? 1 : 30,
      bytesPerMs: 1e6,
    });
    expect(seats(request([device("a"), device("b"), device("c")], { link }))).toEqual([c, a, b]);
  });

  it("a weak host leaves the head to the last stage", () => {
    const weak = device("host", { ms: 9, costs: { layer: rowsOf(9), frameMs: 0, head: { floorMs: 90, rowMs: 0 } } });
    const asked = request([weak, device("a")], { placement: { head: ["host", "last"] } });
    expect(planned(asked).head).toBe(a);
    expect(planned({ ...asked, placement: { ...asked.placement, head: ["host"] } }).head).toBe("host");
  });
});

describe("explicit counts", () => {
  const devices = [device("host"), device("a", { memoryBytes: 1 })];
  const given = (layers: readonly number[]) => request(devices, { placement: { hostLayers: ["both"], layers } });

  it("are taken as they are, whatever memory says", () => {
    expect(counts(given([1, 28, 1]))).toEqual([1, 28, 1]);
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
    const attempt = () => plan(given(layers));
    expect(attempt).toThrow(expect.objectContaining({ name: "PlannerError", reason: "layer-counts" }));
    expect(attempt).toThrow(message);
  });
});

describe("requests without sense are refused:", () => {
  it.each<[string, PlanRequest, PlannerError["reason"]]>([
    ["no donors and no host layers", request([device("host")]), "no-stages"],
    ["a host that was not measured", { ...request([device("a")]), devices: [device("a")] }, "unknown-seat"],
    [
      "a time that is no number",
      request([device("a", { costs: { layer: rowsOf(NaN), frameMs: 0, head: null } })]),
      "bad-profile",
    ],
    ["no times", request([device("a", { costs: { layer: [], frameMs: 0, head: null } })]), "bad-profile"],
    ["sizes of another model", request([device("a"), device("b", { L: 29 })]), "bad-profile"],
    ["a negative limit", request([device("a", { memoryBytes: -1 })]), "bad-profile"],
    ["an empty prompt", request([device("a")], { workload: { ...CHAT, promptTokens: 0 } }), "bad-workload"],
  ])("%s", (_, asked, reason) => {
    expect(() => plan(asked)).toThrow(expect.objectContaining({ name: "PlannerError", reason }));
  });
});

describe("what-ifs", () => {
  it("say what each device brings, and what one more like it would", () => {
    const asked = request([device("host"), device("a"), device("b")], {
      ...firstToken,
      placement: { hostLayers: ["first", "all"], donors: "best" },
    });
    const now = planned(asked).objectiveMs;
    const all = [...whatIfs(asked)];
    expect(all.map(({ kind, seat }) => `${kind} ${seat}`)).toEqual([
      "without a_______",
      "without b_______",
      "one-more-like a_______",
      "one-more-like b_______",
    ]);
    for (const { kind, result } of all) {
      if (result.kind !== "plan") throw new Error(result.message);
      if (kind === "without") expect(result.objectiveMs).toBeGreaterThan(now);
      else expect(result.objectiveMs).toBeLessThan(now);
    }
  });

  it("without the only donor the host answers alone, if it was measured", () => {
    const one = (hostLayers: readonly HostLayers[]) =>
      [...whatIfs(request([device("host"), device("a")], { placement: { hostLayers } }))]
        .filter(({ kind }) => kind === "without")
        .map(({ result }) => (result.kind === "plan" ? result.stages.map(({ seat }) => seat) : result.message));
    expect(one(["first"])).toEqual([["host"]]);
    expect(one(["none"])).toEqual([]);
  });
});

describe("against every possible plan", () => {
  it("is within 2 % of the optimum, and mostly the optimum", () =>
    expectNearOptimum({ donors: [1, 3], layers: [2, 6] }, 1000, 11));

  it("a faster device never makes the plan worse by more than those 2 %", () => {
    const faster = fc.record({
      asked: requests({ donors: [1, 4], layers: [2, 12] }).filter(
        ({ placement }) => !placement.hostLayers.includes("both"),
      ),
      which: fc.nat(),
    });
    fc.assert(
      fc.property(faster, ({ asked, which }) => {
        const before = plan(asked);
        const seat = seatAt(which % asked.devices.length);
        const devices = asked.devices.map((device) =>
          device.seat === seat
            ? {
                ...device,
                costs: { ...device.costs, frameMs: device.costs.frameMs / 2, layer: halved(device.costs.layer) },
              }
            : device,
        );
        const after = plan({ ...asked, devices });
        expect(after.kind).toBe(before.kind);
        if (before.kind === "plan" && after.kind === "plan")
          expect(after.objectiveMs).toBeLessThanOrEqual(before.objectiveMs * 1.02);
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});

function halved(layer: LayerCost): LayerCost {
  return layer.map((piece) => ({
    ...piece,
    floorMs: piece.floorMs / 2,
    rowMs: piece.rowMs / 2,
    pairMs: piece.pairMs / 2,
  }));
}
