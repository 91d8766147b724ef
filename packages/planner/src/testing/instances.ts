/** For tests: random requests, wide enough that every part of the search decides something. */
import { PeerId, type Seat } from "@jupiter/protocol";
import fc from "fast-check";
import type { LayerCost, LinkCost } from "../costs.ts";
import type { DeviceProfile, HostLayers, PlanRequest, Workload } from "../request.ts";

export interface Sizes {
  readonly donors: readonly [number, number];
  readonly layers: readonly [number, number];
  readonly promptTokens?: number;
  /** The head is more often elsewhere, where it can be, or has to be; scores take other bytes than rows. */
  readonly headsMove?: boolean;
}

export function seatAt(index: number): Seat {
  return index === 0 ? "host" : PeerId.parse(`donor_${index}`.padEnd(8, "_"));
}

/** A gentle or a steep second row, as GPUs and wasm have it. */
const layer = fc
  .record({
    speed: fc.constantFrom(0.3, 1, 1, 2, 3, 8),
    floor: fc.constantFrom(0, 0.1, 0.5, 2),
    row: fc.constantFrom(0.02, 0.1, 0.5),
    pair: fc.constantFrom(0, 0.00002, 0.0002),
    small: fc.constantFrom(1, 1, 0.3),
  })
  .map(({ speed, floor, row, pair, small }): LayerCost => [
    { fromRows: 1, floorMs: speed * floor, rowMs: speed * row * small, pairMs: speed * pair },
    { fromRows: 9, floorMs: speed * floor, rowMs: speed * row, pairMs: speed * pair },
  ]);

const link: fc.Arbitrary<LinkCost> = fc.record({
  rttMs: fc.constantFrom(0.5, 2, 4, 10, 40),
  bytesPerMs: fc.constantFrom(500, 2_000, 12_500, 50_000),
});

export function requests({
  donors: [fewest, most],
  layers: [thin, deep],
  promptTokens = 300,
  headsMove = false,
}: Sizes): fc.Arbitrary<PlanRequest> {
  return fc
    .record({ donors: fc.integer({ min: fewest, max: most }), L: fc.integer({ min: thin, max: deep }) })
    .chain(({ donors, L }) => {
      const n = donors + 1;
      const device = fc.record({
        layer,
        frameMs: fc.constantFrom(0, 0.5, 3),
        room: fc.constantFrom(1, 2, 3, L, L, L),
        headMs: fc.constantFrom(1, 5, 30),
        sizes: fc.constantFrom<readonly number[]>([10], [10], [9, 11], [8, 10, 13]),
      });
      return fc
        .record({
          devices: fc.array(device, { minLength: n, maxLength: n }),
          links: fc.array(link, { minLength: n * n, maxLength: n * n }),
          areLinksAlike: fc.boolean(),
          rowBytes: fc.constantFrom(200, 1_152, 8_192),
          hostLayers: fc.constantFrom<readonly HostLayers[]>(
            ["none", "first", "last", "both", "all"],
            ["none"],
            ["first", "all"],
            ["both", "all"],
            ["last"],
          ),
          head: fc.constantFrom<PlanRequest["placement"]["head"]>(
            ["host"],
            ["host", "last"],
            ...(headsMove ? [["last"] as const, ["host", "last"] as const] : []),
          ),
          ...(headsMove ? { scoreBytes: fc.constantFrom(500, 1_048) } : {}),
          donorsTaken: fc.constantFrom<PlanRequest["placement"]["donors"]>("best", "best", "all"),
          workload: workload(promptTokens),
          objective: fc.constantFrom<PlanRequest["objective"]>(
            "workload",
            "workload",
            "first-token",
            "tokens-per-second",
          ),
        })
        .map((drawn): PlanRequest => {
          const profiles = drawn.devices.map(({ layer, frameMs, room, headMs, sizes }, index): DeviceProfile => ({
            seat: seatAt(index),
            name: `Device ${index}`,
            costs: { layer, frameMs, head: { floorMs: headMs, rowMs: 1 } },
            memoryBytes: 20 + 15 * room,
            fixedBytes: 5,
            layerBytes: Array.from({ length: L }, (_, i) => sizes[i % sizes.length]!),
            headBytes: index === 0 ? 5 : 10,
          }));
          const linkAt = (from: Seat, to: Seat) => {
            const [a, b] = [from, to].map((seat) => profiles.findIndex((profile) => profile.seat === seat));
            return drawn.links[drawn.areLinksAlike ? 0 : a! * n + b!]!;
          };
          return {
            devices: profiles,
            link: linkAt,
            model: { L, kvBytes: 1, rowBytes: drawn.rowBytes, mostRows: 256, ...scored(drawn) },
            placement: { hostLayers: drawn.hostLayers, head: drawn.head, donors: drawn.donorsTaken },
            workload: drawn.workload,
            objective: drawn.objective,
          };
        });
    });
}

/** So many of them; the same for the same seed. */
export function sampledRequests(sizes: Sizes, count: number, seed: number): readonly PlanRequest[] {
  return fc.sample(requests(sizes), { numRuns: count, seed });
}

function scored({ scoreBytes }: { readonly scoreBytes?: number }): Pick<PlanRequest["model"], "scoreBytes"> {
  return scoreBytes === undefined ? {} : { scoreBytes };
}

function workload(promptTokens: number): fc.Arbitrary<Workload> {
  return fc.record({
    promptTokens: fc.integer({ min: 1, max: promptTokens }),
    answerTokens: fc.constantFrom(1, 20, 200),
    answersAtOnce: fc.constantFrom(1, 1, 1, 2, 4),
    tokensPerLap: fc.constantFrom(1, 1, 2.5),
    rowsPerLap: fc.constantFrom(1, 1, 4),
    framesPerLap: fc.constantFrom(1, 1, 2),
    hostLapMs: fc.constantFrom(0, 0, 20),
  });
}
