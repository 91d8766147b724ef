import { PeerId, type Seat } from "@jupiter/protocol";
import { expect, it } from "vitest";
import type { Device } from "../session/donor-proxy.ts";
import type { Place, RingState } from "../session/ring.ts";
import { STILL } from "./pulse.ts";
import { msBySeat, ringSeats } from "./ring-seats.ts";
import type { RingView } from "./ring-view.ts";

const phone = PeerId.parse("phone0000000000A");

function device(state: Device["state"]): Device {
  return {
    peer: phone,
    name: "Anna’s phone",
    state,
    memoryPledgeBytes: 1e9,
    backends: ["wasm"],
    userAgent: "Mozilla/5.0 (iPhone)",
    layers: null,
    serving: null,
    roundTripMs: null,
    isProbed: true,
    link: null,
    fitError: null,
    drift: null,
    stats: { runs: 0, computeMs: 0, memoryBytes: null },
  };
}

function ready(places: readonly Place[], head: Seat = "host"): RingView {
  const checkpoint = { shape: { L: 30 } };
  return { kind: "ready", ring: { places, checkpoint, head } as unknown as Extract<RingState, { kind: "ready" }> };
}

const BOTH_ENDS: readonly Place[] = [
  { seat: "host", layers: { first: 0, end: 5 } },
  { seat: phone, layers: { first: 5, end: 20 } },
  { seat: "host", layers: { first: 20, end: 30 } },
];

it("gives every device one seat, the host its first and last layers together", () => {
  const pulse = { ...STILL, stageMs: [5, 30, 10], headMs: 4 };
  const [host, donor, ...rest] = ringSeats({
    view: ready(BOTH_ENDS),
    devices: [device({ kind: "serving" })],
    chosen: [phone],
    pulse,
  });
  expect(rest).toEqual([]);
  expect(host).toMatchObject({ kind: "host", share: 0.5, lines: ["15 layers", "19 ms"], outMs: 5, inMs: 14 });
  expect(donor).toMatchObject({ name: "Anna’s phone", kind: "phone", share: 0.5, outMs: 30, inMs: 0 });
  expect(msBySeat(BOTH_ENDS, pulse)).toEqual(
    new Map<string, number>([
      ["host", 15],
      [phone, 30],
    ]),
  );
});

it("counts the head's time where it is, and says what is left of the host's part without it", () => {
  const pulse = { ...STILL, stageMs: [30], headMs: 4 };
  const places = [{ seat: phone, layers: { first: 0, end: 30 } }];
  const seatsWith = (head: Seat) =>
    ringSeats({ view: ready(places, head), devices: [device({ kind: "serving" })], chosen: [phone], pulse });
  expect(seatsWith(phone)).toMatchObject([
    { lines: ["words in"], outMs: 0, inMs: 0 },
    { lines: ["30 layers", "34 ms"], outMs: 34 },
  ]);
  expect(seatsWith("host")).toMatchObject([
    { lines: ["words in, words out", "4.0 ms"], inMs: 4 },
    { lines: ["30 layers", "30 ms"], outMs: 30 },
  ]);
});

it("is a circle of the host alone where it holds every layer", () => {
  const view = ready([{ seat: "host", layers: { first: 0, end: 30 } }]);
  const seats = ringSeats({
    view,
    devices: [device({ kind: "idle" })],
    chosen: [],
    pulse: { ...STILL, stageMs: [60] },
  });
  expect(seats).toHaveLength(1);
  expect(seats[0]).toMatchObject({ share: 1, outMs: 60 });
});

it("shows who would take part before there is a ring, and how far they have loaded", () => {
  const loading = device({ kind: "loading", phase: "fetching", loadedBytes: 25, totalBytes: 100 });
  const seats = ringSeats({ view: { kind: "none" }, devices: [loading], chosen: [phone], pulse: STILL });
  expect(seats.map(({ tone, share }) => [tone, share])).toEqual([
    ["waiting", null],
    ["loading", 0.25],
  ]);
  expect(ringSeats({ view: { kind: "none" }, devices: [loading], chosen: [], pulse: STILL })).toHaveLength(1);
});
