/** Rings of real tabs beside one tab. All share this machine's cores: devices of their own would not. */
import type { HarnessAnswer } from "../../../apps/web/src/harness.ts";
import { alternate, toldTurns } from "../alternate.ts";
import { ratio, row, type Row } from "../row.ts";
import type { Suite } from "../suite.ts";
import {
  computeMs,
  decodeMsPerToken,
  goldenPrompt,
  openBenchRing,
  openBenchRings,
  prefillMsPerToken,
  type BenchRing,
} from "./bench-ring.ts";

const DECODED = 48;

export const scaling: Suite = {
  name: "scaling",
  about: "One to three donors (to four in the long form) beside the host alone",
  minutes: { sampled: 5, full: 14 },
  async run({ browser, rounds, full, say }) {
    const [long, veryLong] = [goldenPrompt("long"), goldenPrompt("very-long")];
    await using rings = await openBenchRings(full ? [0, 1, 2, 3, 4] : [0, 1, 2, 3], (donors) => {
      say(`opening a ring of ${donors} donors`, 0);
      return openBenchRing(browser, donors);
    });
    const { opened } = rings;
    const turns = await alternate(
      opened.map((ring) => ({
        name: ring.name,
        async measure() {
          const answer = await ring.ask(long, DECODED);
          return {
            prefill: prefillMsPerToken(answer),
            decode: decodeMsPerToken(answer),
            veryLong: prefillMsPerToken(await ring.ask(veryLong, 2)),
            ...(ring.donors === 0 ? {} : { hop: hopMs(answer, ring.donors + 1) }),
          };
        },
      })),
      toldTurns(rounds, say),
    );
    const facts = { source: "real", better: "less" } as const;
    const rows = opened.flatMap(({ name, donors }): Row[] => [
      row({ ...facts, name: `${name}: prefill of 246 tokens`, unit: "ms/token" }, turns.of(name, "prefill")),
      row({ ...facts, name: `${name}: prefill of 864 tokens`, unit: "ms/token" }, turns.of(name, "veryLong")),
      row({ ...facts, name: `${name}: decode`, unit: "ms/token" }, turns.of(name, "decode")),
      ...(donors === 0 ? [] : [row({ ...facts, name: `${name}: hop`, unit: "ms" }, turns.of(name, "hop"))]),
    ]);
    const speedUps = opened
      .filter(({ donors }) => donors > 1)
      .map(({ name }) =>
        ratio(
          { source: "real", better: "more", name: `prefill of 864 tokens: 1 donor / ${name}` },
          turns.of("1 donor", "veryLong"),
          turns.of(name, "veryLong"),
        ),
      );
    const overheads: number[] = [];
    for (const { donors, room } of opened) if (donors > 0) overheads.push(...(await fetchOverheads(room)));
    const fetched = row(
      {
        source: "real",
        better: "same",
        values: "exact",
        name: "bytes fetched by a donor above its tensors",
        unit: "%",
      },
      overheads,
    );
    return {
      rows: [...rows, ...speedUps, fetched],
      floor: turns.floor,
      notes: [
        "All tabs share this machine's cores; decoding plainly, one row a lap, they cannot be faster than one tab.",
      ],
    };
  },
};

/** Per hop, what of a token's time is neither a stage's nor the head's: links, tabs' threads, queues. */
function hopMs({ finished, laps }: HarnessAnswer, hops: number): number {
  const decode = laps.filter(({ wanted }) => wanted).slice(1);
  const busyMs = decode.reduce((sum, lap) => sum + lap.headMs + computeMs(lap), 0);
  return (finished.timings.decodeMs - busyMs) / decode.length / hops;
}

function fetchOverheads(room: BenchRing["room"]): Promise<number[]> {
  return room.host.evaluate(() => {
    const ring = globalThis.jupiterHarness!.ring();
    if (ring.kind !== "ready") return [];
    return globalThis.jupiterHarness!.devices().map(({ layers, serving }) => {
      const own = ring.checkpoint.tensors.filter(({ name }) => {
        const layer = Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? -1);
        return layers !== null && layer >= layers.first && layer < layers.end;
      });
      const bytes = own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return 100 * ((serving?.fetchedBytes ?? NaN) / bytes - 1);
    });
  });
}
