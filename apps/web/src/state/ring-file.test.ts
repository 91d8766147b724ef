import { CHAT, type DeviceProfile, type PlanRequest } from "@jupiter/planner";
import { PeerId, type Seat } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { ringFile } from "./ring-file.ts";

const [anna, ben, cleo] = ["anna", "ben", "cleo"].map((name) => PeerId.parse(name.padEnd(10, "_"))) as [
  PeerId,
  PeerId,
  PeerId,
];

function device(seat: Seat, name: string, rowMs: number | null): DeviceProfile {
  const layer = rowMs === null ? [] : [{ fromRows: 1, floorMs: 1, rowMs, pairMs: 0.001 }];
  const costs = { layer, frameMs: 0.5, head: seat === "host" ? { floorMs: 3, rowMs: 2 } : null };
  return { seat, name, costs, memoryBytes: Infinity, fixedBytes: 0, layerBytes: [], headBytes: 0 };
}

const request: PlanRequest = {
  devices: [
    device(anna, "Phone", 4),
    device(cleo, "phone", 9),
    device(ben, "Tablet", 5),
    device("host", "the host", null),
  ],
  link: (from, to) =>
    from === "host" || to === "host" ? { rttMs: 8, bytesPerMs: 1250 } : { rttMs: 6, bytesPerMs: Infinity },
  model: { L: 12, kvBytes: 0, rowBytes: 128, mostRows: 256 },
  placement: { hostLayers: ["none"], head: ["host"], donors: "best" },
  workload: CHAT,
  objective: "workload",
};
const written = (places: readonly Seat[], head: Seat = "host") =>
  JSON.parse(ringFile(request, { places: places.map((seat) => ({ seat })), head })) as {
    devices: { name: string; time: object }[];
    links: object[];
    hostLayers: string;
    head: string;
  };

it("has every device with what it takes, the host first, then donors in ring order, then who is left out", () => {
  const file = written([ben, anna]);
  expect(file).toMatchObject({
    version: 1,
    shape: { L: 12, D: 64 },
    wire: "f16",
    hostLayers: "none",
    head: "host",
    donors: "best",
  });
  expect(file.devices).toEqual([
    {
      name: "the host",
      time: { layer: [{ fromRows: 1, floorMs: 0, rowMs: 0, pairMs: 0 }], frameMs: 0.5, head: { floorMs: 3, rowMs: 2 } },
    },
    { name: "Tablet", time: request.devices[2]!.costs },
    { name: "Phone", time: request.devices[0]!.costs },
    // Devices of a scenario are told apart by their names.
    { name: "phone 2", time: request.devices[1]!.costs },
  ]);
});

it("has a link for every pair: half a round trip each way", () => {
  const { links } = written([ben, anna]);
  expect(links).toHaveLength(6);
  expect(links[0]).toEqual({ from: "the host", to: "Tablet", delayMs: 4, mbitPerS: 10 });
  expect(links.at(-1)).toEqual({ from: "Phone", to: "phone 2", delayMs: 3 });
});

it("says where the host's layers and the head are", () => {
  const host = "host" as const;
  const wheres = [[host, anna], [anna, host], [host, anna, host], [anna], [host]].map(
    (seats) => written(seats).hostLayers,
  );
  expect(wheres).toEqual(["first", "last", "both", "none", "all"]);
  expect(written([anna], anna).head).toBe("last");
});
