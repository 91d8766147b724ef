import { PeerId } from "@jupiter/protocol";
import { describe, expect, it } from "vitest";
import type { Device } from "../session/donor-proxy.ts";
import type { RingState } from "../session/ring.ts";
import { isOtherSet, nextRingView, startLabel, takingPart, whyNotAsk, type RingView } from "./ring-view.ts";

const [phone, laptop] = ["phone0000000000A", "laptop000000000A"].map((id) => PeerId.parse(id)) as [PeerId, PeerId];

function device(peer: PeerId, state: Device["state"], backends: Device["backends"] = ["wasm"]): Device {
  const stats = { runs: 0, computeMs: 0, memoryBytes: null };
  return {
    peer,
    name: peer,
    state,
    memoryPledgeBytes: 1e9,
    backends,
    userAgent: "",
    layers: null,
    serving: null,
    stats,
    roundTripMs: null,
    isProbed: true,
    link: null,
    fitError: null,
    drift: null,
  };
}

function ready(donors: readonly PeerId[], leftOut: readonly PeerId[] = []): RingView {
  const places = ["host" as const, ...donors, "host" as const].map((seat, i) => ({
    seat,
    layers: { first: i, end: i + 1 },
  }));
  const ring = { kind: "ready", places, plan: { leftOut } };
  return { kind: "ready", ring: ring as unknown as Extract<RingState, { kind: "ready" }> };
}

describe("nextRingView", () => {
  it("tells a ring that was lost from one that never ran, and from one that was given up", () => {
    const lost: RingState = { kind: "lost", reason: "left", message: "Phone left." };
    const starting: RingView = { kind: "starting", message: "Linking…" };
    expect(nextRingView(ready([phone]), lost, false)).toEqual({ kind: "lost", reason: "left", message: "Phone left." });
    expect(nextRingView(starting, lost, false)).toEqual({
      kind: "not-started",
      reason: "left",
      message: "Phone left.",
    });
    expect(nextRingView(starting, lost, true)).toEqual({ kind: "cancelled" });
  });
});

describe("takingPart", () => {
  it("takes those that have said what they are, unless left out; one that failed may try again", () => {
    const devices = [
      device(phone, { kind: "failed", reason: "out-of-memory", message: "out of memory" }),
      device(laptop, { kind: "idle" }),
    ];
    expect(takingPart(devices, new Set())).toEqual([phone, laptop]);
    expect(takingPart(devices, new Set([phone]))).toEqual([laptop]);
  });

  it("leaves out those that connect or were never reached", () => {
    const devices = [
      device(phone, { kind: "connecting" }, []),
      device(laptop, { kind: "failed", reason: "link", message: "no way" }, []),
    ];
    expect(takingPart(devices, new Set())).toEqual([]);
  });
});

describe("startLabel", () => {
  it("names what pressing it does", () => {
    expect(startLabel({ kind: "none" }, [phone])).toBe("Start the ring");
    expect(startLabel(ready([phone]), [phone])).toBe("Start again");
    expect(startLabel(ready([phone]), [phone, laptop])).toBe("Start again with 3 devices");
    expect(startLabel(ready([phone]), [])).toBe("Start again with this device alone");
    expect(startLabel({ kind: "lost", reason: "left", message: "" }, [laptop])).toBe("Start again");
    expect(startLabel({ kind: "lost", reason: "removed", message: "" }, [laptop])).toBe("Start again with 2 devices");
  });

  it("sees a swap of one device for another, not a change of order", () => {
    expect(isOtherSet(ready([phone]), [laptop])).toBe(true);
    expect(isOtherSet(ready([phone, laptop]), [laptop, phone])).toBe(false);
  });

  it("counts whoever the plan leaves out as asked, whether it is still there or not", () => {
    expect(isOtherSet(ready([phone], [laptop]), [phone, laptop])).toBe(false);
    expect(isOtherSet(ready([phone], [laptop]), [phone])).toBe(false);
    expect(isOtherSet(ready([phone], [laptop]), [laptop])).toBe(true);
  });
});

it("gives a reason in every state but a ready ring", () => {
  expect(whyNotAsk(ready([]))).toBeNull();
  for (const kind of ["none", "cancelled"] as const) expect(whyNotAsk({ kind })).toContain("starts the ring");
  expect(whyNotAsk({ kind: "starting", message: "" })).toContain("as soon as it is ready");
  for (const kind of ["lost", "not-started"] as const)
    expect(whyNotAsk({ kind, reason: "left", message: "" })).toContain("sending starts it again");
});
