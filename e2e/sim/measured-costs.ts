/** What devices and links took in a run of real tabs, as the costs that a simulation of the same ring needs. */
import type { MeasuredTime } from "@jupiter/planner";
import type { LinkShape } from "@jupiter/transport/link-shape";
import { z } from "zod";
import type { ModelFacts } from "../ring/model-facts.ts";
import { ScenarioError, type Scenario } from "../ring/scenario.ts";

const Lap = z.object({
  rows: z.int().min(1),
  cached: z.int().min(0),
  dead: z.boolean(),
  wanted: z.boolean(),
  lapMs: z.number(),
  headMs: z.number(),
  stageTimes: z.array(z.object({ stage: z.int(), computeUs: z.number(), queueUs: z.number() })),
});
type Lap = z.infer<typeof Lap>;

/** Of a report of `npm run ring --json`, what is read here. */
export const MeasuredReport = z.object({
  run: z.object({
    plan: z.array(z.object({ seat: z.string(), first: z.int(), end: z.int() })).min(1),
    laps: z.array(z.object({ laps: z.array(Lap) })).min(1),
  }),
});
export type MeasuredReport = z.infer<typeof MeasuredReport>;

export interface MeasuredRing {
  /** The host first, donors in ring order. */
  readonly devices: readonly { readonly name: string; readonly time: MeasuredCosts }[];
  /** Of every hop between two devices. */
  readonly link: LinkShape;
}

/** As the page has it. */
const UNPLANNED_CHUNK_ROWS = 64;

/** The scenario with devices, links and layers as that run had them. */
export function asMeasured(
  scenario: Scenario,
  report: MeasuredReport,
  { L, D }: Pick<ModelFacts, "L" | "D">,
): Scenario {
  const layers = report.run.plan.map(({ first, end }) => end - first);
  const measured = layers.reduce((sum, count) => sum + count, 0);
  if (measured !== L)
    throw new ScenarioError(`The report is of a model with ${measured} layers; the scenario's has ${L}.`);
  const { devices, link } = measuredRing(report, D * (scenario.wire === "f16" ? 2 : 4));
  // Where layers were given, tabs had no plan to cut prompts by.
  const chunk = scenario.chunk ?? (scenario.layers === undefined ? undefined : UNPLANNED_CHUNK_ROWS);
  return { ...scenario, devices: [...devices], tabs: devices.length - 1, machines: {}, links: [link], layers, chunk };
}

/** As a scenario has them. */
type MeasuredCosts = NonNullable<NonNullable<Scenario["devices"]>[number]["time"]>;

/** `rowBytes`: of one row of activations on the wire. */
export function measuredRing({ run }: MeasuredReport, rowBytes: number): MeasuredRing {
  const laps = run.laps.flatMap((answer) => answer.laps).filter(({ dead }) => !dead);
  const seats = ["host", ...new Set(run.plan.map(({ seat }) => seat).filter((seat) => seat !== "host"))];
  const head = { floorMs: mean(laps.filter(({ wanted }) => wanted).map(({ headMs }) => headMs)), rowMs: 0 };
  const devices = seats.map((seat, i) => {
    const points = run.plan.flatMap(({ seat: at, first, end }, stage) =>
      at === seat ? pointsOf(laps, stage, end - first) : [],
    );
    const layer = points.length === 0 ? NOTHING : fitSinglesAndChunks(points);
    return { name: i === 0 ? "host" : `donor ${i}`, time: { layer, frameMs: 0, head: i === 0 ? head : null } };
  });
  return { devices, link: fitLink(laps, rowBytes) };
}

const NOTHING: MeasuredCosts["layer"] = [{ fromRows: 1, floorMs: 0, rowMs: 0, pairMs: 0 }];

function pointsOf(laps: readonly Lap[], stage: number, layers: number): MeasuredTime[] {
  return laps.flatMap(({ rows, cached, stageTimes }) =>
    stageTimes
      .filter((time) => time.stage === stage && time.computeUs > 0)
      .map(({ computeUs }) => ({ T: rows, S: cached, ms: computeUs / 1000 / layers })),
  );
}

/**
 * One piece for single tokens, one for chunks: their kernels differ. Least squares of relative errors. Not the planner's `fitLayer`, which looks for
 * its pieces among many sizes: a run has single tokens and chunks of a size or two.
 */
export function fitSinglesAndChunks(points: readonly MeasuredTime[]): MeasuredCosts["layer"] {
  const single = points.filter(({ T }) => T === 1);
  const many = points.filter(({ T }) => T > 1);
  const [floorMs = 0, pairMs = 0] = fit(single, ({ T, S }) => [1, T * (S + T)]);
  const one = { fromRows: 1, floorMs, rowMs: 0, pairMs };
  const sizes = new Set(many.map(({ T }) => T));
  // Chunks of one size do not tell a floor from a row's time.
  const [rowMs = 0, chunkPairMs = 0, chunkFloorMs = 0] =
    sizes.size > 1 ? fit(many, ({ T, S }) => [T, T * (S + T), 1]) : fit(many, ({ T, S }) => [T, T * (S + T)]);
  const chunks = { fromRows: 2, floorMs: chunkFloorMs, rowMs, pairMs: chunkPairMs };
  return single.length === 0 ? [{ ...chunks, fromRows: 1 }] : many.length === 0 ? [one] : [one, chunks];
}

/** Enough for the weights to settle: each pass changes them by a small part of what the one before did. */
const PASSES = 6;

/**
 * Coefficients of `terms` that make up `ms` best. Errors are relative to what is fitted, hence the passes: were they relative to what was measured, a time would count the more the
 * shorter it happened to be, and times that scatter would be fitted below their mean.
 */
function fit(points: readonly MeasuredTime[], terms: (point: MeasuredTime) => readonly number[]): number[] {
  let scales = points.map(({ ms }) => ms);
  let found: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    found = fitScaled(points, terms, scales);
    scales = points.map((point) => {
      const fitted = terms(point).reduce((sum, term, i) => sum + term * (found[i] ?? 0), 0);
      return fitted > 0 ? fitted : point.ms;
    });
  }
  return found;
}

/** A term whose coefficient came out negative is left out. */
function fitScaled(
  points: readonly MeasuredTime[],
  terms: (point: MeasuredTime) => readonly number[],
  scales: readonly number[],
): number[] {
  const count = points[0] === undefined ? 0 : terms(points[0]).length;
  const used = Array.from({ length: count }, (_, i) => i);
  for (;;) {
    const solved = leastSquares(
      points.map((point, k) => used.map((i) => (terms(point)[i] ?? 0) / scales[k]!)),
      points.map(({ ms }, k) => ms / scales[k]!),
    );
    const worst = solved.findIndex((value) => value < 0);
    if (worst < 0 || used.length <= 1) {
      const all = Array<number>(count).fill(0);
      used.forEach((term, i) => (all[term] = Math.max(0, solved[i] ?? 0)));
      return all;
    }
    used.splice(worst, 1);
  }
}

/** Normal equations by elimination; columns are few. */
function leastSquares(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const n = rows[0]?.length ?? 0;
  const matrix = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    rows.reduce((sum, row, k) => sum + row[i]! * values[k]!, 0),
  ]);
  for (let i = 0; i < n; i++) {
    const pivot = matrix[i]!;
    const scale = pivot[i]!;
    // A column that says nothing of its own.
    if (Math.abs(scale) < 1e-12) continue;
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const factor = matrix[j]![i]! / scale;
      matrix[j] = matrix[j]!.map((value, k) => value - factor * pivot[k]!);
    }
  }
  return matrix.map((row, i) => (Math.abs(row[i]!) < 1e-12 ? 0 : row[n]! / row[i]!));
}

/**
 * What of a lap is neither computing nor waiting, evenly over its hops: of single tokens the delay, of chunks that waited for nobody the rate. The delay is a mean, as what laps take in all is
 * predicted; of the rate, for which there is a chunk a prompt, one that was held up is not to decide.
 */
function fitLink(laps: readonly Lap[], rowBytes: number): LinkShape {
  const hopsOf = (lap: Lap) => {
    const withinMs = lap.stageTimes.reduce((sum, { computeUs, queueUs }) => sum + (computeUs + queueUs) / 1000, 0);
    return Math.max(0, lap.lapMs - withinMs) / (lap.stageTimes.length + 1);
  };
  const delayMs = mean(laps.filter(({ rows }) => rows === 1).map(hopsOf));
  const alone = laps.filter(({ rows, cached }) => rows > 1 && cached === 0);
  const extraMs = median(alone.map((lap) => Math.max(0, hopsOf(lap) - delayMs) / ((lap.rows - 1) * rowBytes)));
  return extraMs > 0 ? { delayMs, mbitPerS: 1 / (125 * extraMs) } : { delayMs };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
