/** Who computes what, for a stated workload, and what that will take. */
import type { Seat } from "@jupiter/protocol";
import { feasible, hostShortage, notEnough, type NotEnough } from "./not-enough.ts";
import { emptyPipe, lapMs, returnMs, slicesMs, type Pipe, type Slices } from "./pipe.ts";
import { cachedInAnswer, lapsOf, problemOf, type Problem } from "./problem.ts";
import type { DeviceProfile, HeadSeat, PlanRequest, Workload } from "./request.ts";
import { checked, checkedCounts, ringOf } from "./ring.ts";
import { isClosed, isHeadOnLast, periodMs, scoreOf, type Candidate } from "./score.ts";
import { improve } from "./improve.ts";
import { search, type Found } from "./search.ts";
import { bestSlices } from "./slices.ts";

export interface Plan {
  readonly kind: "plan";
  /** In ring order. */
  readonly stages: readonly PlannedStage[];
  /** Who runs final norm and LM head. */
  readonly head: Seat;
  /** Donors that take no part: without them it is faster. */
  readonly leftOut: readonly Seat[];
  readonly predicted: Prediction;
  /** What the search compared plans by: see `ObjectiveMode`. */
  readonly objectiveMs: number;
  /** What `chunkRule` cuts prompts by. */
  readonly pipe: Pipe;
}

export interface PlannedStage {
  readonly seat: Seat;
  /** Decoder layers `first` (inclusive) to `end` (exclusive). */
  readonly layers: { readonly first: number; readonly end: number };
  /** Of one frame of a lap. */
  readonly ms: number;
  /** Weights and cache; a device's fixed bytes and its head count with its first stage. */
  readonly memoryBytes: number;
}

export interface Prediction {
  /** From a question's first chunk to its answer's first token. */
  readonly firstTokenMs: number;
  /** How the prompt is cut for it. */
  readonly slices: Slices;
  /** From one token (of one answer) to the next. */
  readonly lapMs: number;
  /** Of all answers together. */
  readonly tokensPerSecond: number;
  /** All prompts, and all answers to their last token. */
  readonly workloadMs: number;
}

/** The best plan, or what is missing for one. Throws `PlannerError` for a request that makes no sense. */
export function plan(request: PlanRequest): Plan | NotEnough {
  checked(request);
  const { placement } = request;
  const problem = problemOf(request);
  if (placement.layers !== undefined) {
    const ring = ringOf(request);
    const counts = checkedCounts(placement.layers, ring, request.model.L);
    return planOf(problem, candidateOf(problem, ring, counts, placement.head.includes("host") ? "host" : "last"));
  }
  const found = search(problem) ?? asGiven(problem);
  return found === null ? notEnough(request) : planOf(problem, found.candidate);
}

/** The same as to memory alone, without a search: null if the devices, in the order that they came, can hold the model. */
export function whatIsMissing(request: PlanRequest): NotEnough | null {
  checked(request);
  const ring = ringOf(request);
  const isEnough = request.placement.head.some(
    (head) => feasible(ring, request, head) !== null && hostShortage(request, head) === null,
  );
  return isEnough ? null : notEnough(request);
}

/** Where the search's few cuts did not fit into tight memory: the one that does, in the order in which devices came. */
function asGiven(problem: Problem): Found | null {
  const { request } = problem;
  const ring = ringOf(request);
  let best: Found | null = null;
  for (const head of request.placement.head) {
    const counts = feasible(ring, request, head);
    if (counts === null) continue;
    const candidate = candidateOf(problem, ring, counts, head);
    const ms = scoreOf(problem, candidate);
    if (ms < (best?.ms ?? Infinity)) best = { candidate, ms };
  }
  return best === null ? null : improve(problem, [best]);
}

/** A ring that was not searched for. */
function candidateOf(
  { devices }: Problem,
  ring: readonly DeviceProfile[],
  counts: readonly number[],
  head: HeadSeat,
): Candidate {
  const order = ring.map((profile) => devices.findIndex((device) => device.profile === profile));
  return { order, counts, headOnLast: isHeadOnLast(order, head) };
}

function planOf(problem: Problem, candidate: Candidate): Plan {
  const { devices, request } = problem;
  const { order, counts, headOnLast } = candidate;
  const headAt = headOnLast ? order.at(-1)! : 0;
  const pipe = pipeOf(problem, candidate);
  let first = 0;
  const stages = order.map((index, place): PlannedStage => {
    const { profile, frameMs, lapMs, bytes } = devices[index]!;
    const end = first + counts[place]!;
    const fixedBytes =
      order.indexOf(index) === place ? profile.fixedBytes + (index === headAt ? profile.headBytes : 0) : 0;
    const stage = {
      seat: profile.seat,
      layers: { first, end },
      ms: frameMs + counts[place]! * lapMs,
      memoryBytes: fixedBytes + bytes[end]! - bytes[first]!,
    };
    first = end;
    return stage;
  });
  return {
    kind: "plan",
    stages,
    head: devices[headAt]!.profile.seat,
    leftOut: devices.flatMap(({ profile: { seat } }, index) =>
      seat === "host" || order.includes(index) ? [] : [seat],
    ),
    predicted: predict(pipe, request.workload, periodMs(problem, candidate)),
    objectiveMs: scoreOf(problem, candidate),
    pipe,
  };
}

function predict(pipe: Pipe, workload: Workload, periodMs: number): Prediction {
  const { promptTokens, answersAtOnce, tokensPerLap, rowsPerLap, framesPerLap, hostLapMs } = workload;
  const slices = bestSlices(pipe, promptTokens);
  const back = returnMs(pipe, 1);
  const alone = lapMs(pipe, rowsPerLap, cachedInAnswer(workload)) + hostLapMs;
  const period = answersAtOnce * framesPerLap === 1 ? alone : Math.max(alone, periodMs);
  return {
    firstTokenMs: slicesMs(pipe, slices) + back,
    slices,
    lapMs: period,
    tokensPerSecond: (1000 * answersAtOnce * tokensPerLap) / period,
    workloadMs: slicesMs(pipe, slices, 0, answersAtOnce) + back + lapsOf(workload) * period,
  };
}

function pipeOf({ devices, request }: Problem, { order, counts, headOnLast }: Candidate): Pipe {
  const seatOf = (index: number) => devices[index]!.profile.seat;
  const linkOf = (from: number, to: number) => (from === to ? null : request.link(seatOf(from), seatOf(to)));
  return {
    ...emptyPipe,
    places: order.map((index, place) => ({
      link: linkOf(order[place - 1] ?? 0, index),
      costs: devices[index]!.profile.costs,
      layers: counts[place]!,
    })),
    back: linkOf(order.at(-1)!, 0),
    head: devices[headOnLast ? order.at(-1)! : 0]!.profile.costs.head ?? emptyPipe.head,
    rowBytes: request.model.rowBytes,
    ...(headOnLast && request.model.scoreBytes !== undefined ? { backBytes: request.model.scoreBytes } : {}),
    mostRows: request.model.mostRows,
    closes: isClosed(order),
  };
}
