/** What a long conversation costs: the same frames at few and at many cached tokens. */
import { alternate, toldTurns } from "../alternate.ts";
import { ratio, row } from "../row.ts";
import type { Suite } from "../suite.ts";
import { computeMs, openBenchRing, type BenchRing } from "./bench-ring.ts";

const CHUNK = 64;
const NEAR = 256;
const FAR = 2048;
/** Rows of a frame, and what they stand for. */
const FRAMES = [
  [CHUNK, "chunk of 64 rows"],
  [1, "row"],
  [5, "frame of 5 rows"],
] as const;

export const context: Suite = {
  name: "context",
  about: "A prompt's chunk, one row and a frame of five rows at 256 and at 2,048 cached tokens, the host alone",
  minutes: { sampled: 3, full: 5 },
  async run({ browser, rounds, say }) {
    say("opening the tab", 0);
    await using ring = await openBenchRing(browser, 0, { context: FAR + 2 * CHUNK, chunk: CHUNK });
    const places = [NEAR, FAR].flatMap((cached) => FRAMES.map(([rows, what]) => ({ cached, rows, what })));
    const turns = await alternate(
      places.map(({ cached, rows, what }) => ({
        name: `${what} at ${cached}`,
        measure: async () => ({ ms: await frameMs(ring, cached, rows) }),
      })),
      toldTurns(rounds, say),
    );
    const facts = { source: "real", better: "less" } as const;
    const rows = places.map(({ cached, what }) =>
      row({ ...facts, name: `${what} at ${cached} cached`, unit: "ms" }, turns.of(`${what} at ${cached}`, "ms")),
    );
    const ratios = FRAMES.map(([, what]) =>
      ratio(
        { ...facts, name: `${what}: at ${FAR} cached / at ${NEAR}` },
        turns.of(`${what} at ${FAR}`, "ms"),
        turns.of(`${what} at ${NEAR}`, "ms"),
      ),
    );
    return { rows: [...rows, ...ratios], floor: turns.floor, notes: [] };
  },
};

/** The last chunk of a prompt that is `rows` longer than `cached`. */
async function frameMs(ring: BenchRing, cached: number, rows: number): Promise<number> {
  const { laps } = await ring.ask({ id: "fill", promptTokens: cached + rows }, 1);
  const lap = laps.find((one) => one.cached === cached && one.rows === rows);
  if (lap === undefined) throw new Error(`no frame of ${rows} rows at ${cached}`);
  return computeMs(lap);
}
