import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { plan, whatIsMissing } from "./plan.ts";
import { CHAT, type DeviceProfile, type HostLayers, type ModelNeeds, type PlanRequest } from "./request.ts";

const MB = 1e6;

function device(seat: string, memoryMB: number, change: Partial<DeviceProfile> = {}): DeviceProfile {
  return {
    seat: seat === "host" ? seat : PeerId.parse(seat.padEnd(8, "_")),
    name: seat === "host" ? "This device" : seat,
    costs: { layer: [{ fromRows: 1, floorMs: 0, rowMs: 1, pairMs: 0 }], frameMs: 0, head: null },
    memoryBytes: memoryMB * MB,
    fixedBytes: 0,
    layerBytes: Array<number>(30).fill(10 * MB),
    headBytes: 0,
    ...change,
  };
}

function refusal(
  donors: readonly DeviceProfile[],
  {
    model = {},
    hostLayers = "none",
    host = device("host", 1e6),
  }: { readonly model?: Partial<ModelNeeds>; readonly hostLayers?: HostLayers; readonly host?: DeviceProfile } = {},
) {
  const L = donors[0]!.layerBytes.length;
  const result = plan({
    devices: [{ ...host, layerBytes: donors[0]!.layerBytes }, ...donors],
    link: () => ({ rttMs: 1, bytesPerMs: 1000 }),
    model: { L, kvBytes: 0, rowBytes: 1, mostRows: 256, ...model },
    placement: { hostLayers: [hostLayers], head: ["host"], donors: "all" },
    workload: CHAT,
    objective: "workload",
  });
  if (result.kind === "plan") throw new Error("expected no plan");
  return result;
}

const phone = device("Phone", 120);
const laptop = device("Laptop", 100);

it("says how much is missing, where, and what would do", () => {
  expect(refusal([phone, laptop])).toEqual({
    kind: "not-enough",
    reason: "memory",
    message:
      "The devices can hold 22 of 30 layers; about 80 MB are missing: one more device like Laptop, or weights 29 % smaller.",
    missingBytes: 80 * MB,
    devices: [
      { seat: "Phone___", layers: 12, missingBytes: expect.any(Number) as number },
      { seat: "Laptop__", layers: 10, missingBytes: expect.any(Number) as number },
    ],
    remedies: [
      { kind: "smaller-weights", share: 0.71 },
      { kind: "more-devices", like: "Laptop__", count: 1 },
    ],
  });
});

it("offers a smaller context or fewer conversations only where that would do", () => {
  const model = { kvBytes: 2 * MB, context: { tokens: 4096, conversations: 2 } };
  expect(refusal([phone, device("Tablet", 220)], { model }).remedies.slice(0, 2)).toEqual([
    { kind: "smaller-context", share: 0.5, tokens: 2048 },
    { kind: "fewer-conversations", conversations: 1 },
  ]);
  const { message, remedies } = refusal([phone, laptop], { model });
  expect(message).not.toContain("context");
  expect(remedies.map(({ kind }) => kind)).toEqual(["smaller-weights", "more-devices"]);
});

it("asks for several devices where one would not do", () => {
  expect(refusal([device("Phone", 90)]).message).toContain(
    "can hold 9 of 30 layers; about 210 MB are missing: 3 more devices like Phone",
  );
});

it("names a device that cannot hold its least share", () => {
  const watch = device("Watch", 9.5, { fixedBytes: 4 * MB });
  expect(refusal([device("a", 1e6), watch]).message).toBe(
    "Watch is too small: it offers 10 MB, and even one layer takes 14 MB. Leave it out, or give it more memory, or weights 45 % smaller.",
  );
  const host = device("host", 15);
  expect(refusal([device("a", 1e6)], { host, hostLayers: "both" }).message).toContain("2 layers take 20 MB");
});

it("counts the head on a host, with or without layers", () => {
  const host = device("host", 15, { fixedBytes: 10 * MB, headBytes: 8 * MB });
  expect(refusal([phone], { host }).message).toContain(
    "This device is too small: it offers 15 MB, and what every host holds of this model takes 18 MB",
  );
});

it("lets the last device have the head where the host cannot, and tells of the place where least is missing", () => {
  const asked = (hostMB: number, lastMB: number): PlanRequest => ({
    devices: [device("host", hostMB, { headBytes: 8 * MB }), device("Laptop", lastMB, { headBytes: 9 * MB })],
    link: () => ({ rttMs: 1, bytesPerMs: 1000 }),
    model: { L: 30, kvBytes: 0, rowBytes: 1, mostRows: 256 },
    placement: { hostLayers: ["none"], head: ["host", "last"], donors: "all" },
    workload: CHAT,
    objective: "workload",
  });
  const headOf = (request: PlanRequest) => {
    const made = plan(request);
    return made.kind === "plan" ? made.head : made.message;
  };
  expect(headOf(asked(8, 300))).toBe("host");
  expect(headOf(asked(7, 309))).toBe("Laptop__");
  expect(whatIsMissing(asked(7, 309))).toBeNull();
  expect(plan(asked(7, 300))).toMatchObject({ missingBytes: MB, devices: [{ seat: "host" }] });
  expect(plan(asked(1, 306))).toMatchObject({ missingBytes: 3 * MB, devices: [{ seat: "Laptop__" }] });
});

it("blames the order where layers differ in size", () => {
  const layerBytes = [9 * MB, MB, MB, 9 * MB];
  const donors = [device("a", 5, { layerBytes }), device("b", 20, { layerBytes })];
  expect(refusal(donors).message).toContain("do not fit these devices in this order; about 4 MB are missing");
});

it("counts stages against layers", () => {
  const layerBytes = Array<number>(3).fill(MB);
  const donors = ["a", "b"].map((seat) => device(seat, 1e6, { layerBytes }));
  expect(refusal(donors, { hostLayers: "both" })).toMatchObject({
    reason: "stages",
    missingBytes: 0,
    message:
      "The model has 3 layers, and the ring has 4 stages; each needs at least one layer. Let the host hold one end only, or leave a device out.",
  });
});
