/** What a candidate takes, by the exact recurrence: the one judge of the search. */
import { inFlight } from "./pipe.ts";
import type { Device, Hop, Problem } from "./problem.ts";
import type { HeadSeat } from "./request.ts";

/** Who holds how many layers, in ring order. The host (0) stands at the front, at the end, at both, or nowhere. */
export interface Candidate {
  readonly order: readonly number[];
  /** Each at least 1; their sum is L. */
  readonly counts: readonly number[];
  readonly headOnLast: boolean;
}

/** The host stands at both ends. */
export function isClosed(order: readonly number[]): boolean {
  return order.length > 1 && order[0] === order.at(-1);
}

/** A last place that is the host's has the host's head. */
export function isHeadOnLast(order: readonly number[], head: HeadSeat): boolean {
  return head === "last" && order.at(-1) !== 0;
}

/** The objective in milliseconds (for tokens a second, milliseconds of a lap, over what it adds); Infinity: it does not fit. */
export function scoreOf(problem: Problem, candidate: Candidate, look: "all" | "likely" = "all"): number {
  if (!fits(problem, candidate)) return Infinity;
  const { laps, prompts, slicings } = problem.work;
  const ms = laps === 0 ? 0 : laps * periodMs(problem, candidate);
  if (prompts === 0) return ms;
  // Where the host's two places take turns, no closed form says which slicing is likely.
  const looked = look === "all" || isClosed(candidate.order) ? slicings.keys() : likelySlicings(problem, candidate);
  let leastMs = Infinity;
  for (const slicing of looked) leastMs = Math.min(leastMs, prefillMs(problem, candidate, slicing));
  return ms + leastMs;
}

const LIKELY = 4;

/** Those that are best by the closed form of chunks that are all alike. */
function likelySlicings({ devices, hops, work, request }: Problem, { order, counts }: Candidate): readonly number[] {
  const { promptTokens } = request.workload;
  let [rowMs, mostRowMs, from] = [0, 0, 0];
  for (const at of order) {
    rowMs += hops[from]![at]!.rowMs;
    mostRowMs = Math.max(mostRowMs, hops[from]![at]!.rowMs);
    from = at;
  }
  const ranked = work.slicings.map(({ rows }, slicing) => {
    const chunks = rows.length;
    let [sumMs, maxMs] = [promptTokens * rowMs, promptTokens * mostRowMs];
    for (let place = 0; place < order.length; place++) {
      const device = devices[order[place]!]!;
      const ms = chunks * device.frameMs + counts[place]! * device.promptMs[slicing]!;
      sumMs += ms;
      maxMs = Math.max(maxMs, ms);
    }
    return { slicing, ms: (sumMs + (work.prompts * chunks - 1) * maxMs) / chunks };
  });
  return ranked
    .sort((a, b) => a.ms - b.ms)
    .slice(0, LIKELY)
    .map(({ slicing }) => slicing);
}

function fits({ devices }: Problem, { order, counts, headOnLast }: Candidate): boolean {
  let first = 0;
  let hostBytes = 0;
  for (let place = 0; place < order.length; place++) {
    const { profile, bytes } = devices[order[place]!]!;
    const end = first + counts[place]!;
    const sizeBytes = bytes[end]! - bytes[first]!;
    first = end;
    if (order[place] === 0) {
      hostBytes += sizeBytes;
      continue;
    }
    const withHead = headOnLast && place === order.length - 1 ? profile.headBytes : 0;
    if (profile.fixedBytes + withHead + sizeBytes > profile.memoryBytes) return false;
  }
  const host = devices[0]!.profile;
  const withHead = headOnLast && order.at(-1) !== 0 ? 0 : host.headBytes;
  return host.fixedBytes + withHead + hostBytes <= host.memoryBytes;
}

/** From one lap of an answer to the next, with all frames that are in the ring at once. */
export function periodMs(problem: Problem, candidate: Candidate): number {
  const { sumMs, maxMs } = lapOf(problem, candidate);
  return Math.max(sumMs, problem.work.frames * maxMs);
}

/** A lap of one frame alone, and what its busiest machine does in it. */
function lapOf({ devices, hops, work }: Problem, { order, counts, headOnLast }: Candidate) {
  const { rows } = work;
  const head = devices[headOnLast ? order.at(-1)! : 0]!;
  let sumMs = head.headLapMs + work.hostLapMs;
  let hostMs = work.hostLapMs + (head === devices[0] ? head.headLapMs : 0);
  let maxMs = 0;
  let from = 0;
  for (let place = 0; place < order.length; place++) {
    const at = order[place]!;
    const hop = hops[from]![at]!;
    const device = devices[at]!;
    const ms = device.frameMs + counts[place]! * device.lapMs;
    sumMs += ms + hop.delayMs + rows * hop.rowMs;
    maxMs = Math.max(maxMs, rows * hop.rowMs);
    if (at === 0) hostMs += ms;
    else maxMs = Math.max(maxMs, ms + (head === device ? head.headLapMs : 0));
    from = at;
  }
  const back = hops[from]![0]!;
  const backMs = rows * backRowMs(back, headOnLast);
  sumMs += back.delayMs + backMs;
  return { sumMs, maxMs: Math.max(maxMs, hostMs, backMs) };
}

/** Until the last prompt's first token is there. */
function prefillMs(problem: Problem, candidate: Candidate, slicing: number, prompts = problem.work.prompts): number {
  const { devices, hops } = problem;
  const { order, headOnLast } = candidate;
  const last = order.at(-1)!;
  const back = hops[last]![0]!;
  const head = devices[headOnLast ? last : 0]!;
  const isClosed = order.length > 1 && order[0] === 0 && last === 0;
  const through = isClosed ? closedMs : openMs;
  return through(problem, candidate, slicing, prompts) + back.delayMs + backRowMs(back, headOnLast) + head.headOneMs;
}

function backRowMs({ rowMs, scoreMs }: Hop, headOnLast: boolean): number {
  return headOnLast ? scoreMs : rowMs;
}

const ends = new Float64Array(1024);

function openMs(
  { devices, hops, work }: Problem,
  { order, counts }: Candidate,
  slicing: number,
  prompts: number,
): number {
  const { rows } = work.slicings[slicing]!;
  const places = order.length;
  ends.fill(0, 0, 2 * places);
  let ms = 0;
  for (let prompt = 0; prompt < prompts; prompt++) {
    for (let chunk = 0; chunk < rows.length; chunk++) {
      ms = 0;
      let from = 0;
      for (let place = 0; place < places; place++) {
        const at = order[place]!;
        if (at !== from) {
          const hop = hops[from]![at]!;
          ms = Math.max(ms, ends[2 * place]!) + rows[chunk]! * hop.rowMs;
          ends[2 * place] = ms;
          ms += hop.delayMs;
        }
        const device = devices[at]!;
        ms = Math.max(ms, ends[2 * place + 1]!) + device.frameMs + counts[place]! * device.chunkMs[slicing]![chunk]!;
        ends[2 * place + 1] = ms;
        from = at;
      }
    }
  }
  return ms;
}

/** See `closedMs` in pipe.ts: the host's two places share its time, first come, first served. */
function closedMs(
  { devices, hops, work }: Problem,
  { order, counts }: Candidate,
  slicing: number,
  prompts: number,
): number {
  const { rows } = work.slicings[slicing]!;
  const chunks = rows.length * prompts;
  const limit = inFlight(order.length);
  const host = devices[0]!;
  const end = order.length - 1;
  const hostPart = (place: number, chunk: number) =>
    host.frameMs + counts[place]! * host.chunkMs[slicing]![chunk % rows.length]!;
  ends.fill(0, 0, 2 * order.length);
  const comes: number[] = [];
  const left: number[] = [];
  let hostMs = 0;
  while (left.length < chunks) {
    const next = comes.length;
    const release = next < limit ? 0 : (left[next - limit] ?? Infinity);
    const waiting = comes[left.length] ?? Infinity;
    if (next >= chunks || release > waiting) {
      hostMs = Math.max(hostMs, waiting) + hostPart(end, left.length);
      left.push(hostMs);
      continue;
    }
    hostMs = Math.max(hostMs, release) + hostPart(0, next);
    let ms = hostMs;
    for (let place = 1; place <= end; place++) {
      const hop = hops[order[place - 1]!]![order[place]!]!;
      ms = ends[2 * place] = Math.max(ms, ends[2 * place]!) + rows[next % rows.length]! * hop.rowMs;
      ms += hop.delayMs;
      if (place === end) break;
      const device: Device = devices[order[place]!]!;
      ms = ends[2 * place + 1] =
        Math.max(ms, ends[2 * place + 1]!) +
        device.frameMs +
        counts[place]! * device.chunkMs[slicing]![next % rows.length]!;
    }
    comes.push(ms);
  }
  return hostMs;
}
