/**
 * A ring as machines in a row: links and devices, each with one frame at a time. The exact recurrence of a prompt's chunks over them:
 * `C(i, m) = max(C(i-1, m), C(i, m-1) + delay(m)) + t(i, m)`, links being machines of their own, as sending never blocks computing.
 */
import { delayMs, headMs, layerMs, sendMs, type DeviceCosts, type HeadCost, type LinkCost } from "./costs.ts";

/** Plain data: it travels to the worker that cuts prompts. */
export interface Pipe {
  /** In ring order. */
  readonly places: readonly PipePlace[];
  /** From the last place back to the host; null: the host is the last place. */
  readonly back: LinkCost | null;
  readonly head: HeadCost;
  readonly rowBytes: number;
  /** What a row takes on the way back; not told: as everywhere. */
  readonly backBytes?: number;
  /** Of one chunk. */
  readonly mostRows: number;
  /** The first and the last place are the same device. */
  readonly closes: boolean;
}

export interface PipePlace {
  /** By which frames come; null: they are there (the host's own place at the front). */
  readonly link: LinkCost | null;
  readonly costs: DeviceCosts;
  readonly layers: number;
}

/** Chunks' lengths in order. */
export type Slices = readonly number[];

/** No places yet, and a head that takes no time: what was not measured is not reckoned with. */
export const emptyPipe: Pipe = {
  places: [],
  back: null,
  head: { floorMs: 0, rowMs: 0 },
  rowBytes: 0,
  mostRows: 256,
  closes: false,
};

export function placeMs({ costs, layers }: Pick<PipePlace, "costs" | "layers">, T: number, S: number): number {
  return costs.frameMs + layers * layerMs(costs.layer, T, S);
}

/** When each machine is done with the last chunk that went through: places' links at even indices, places at odd ones. */
export type Progress = Float64Array;

export function emptyProgress({ places }: Pipe): Progress {
  return new Float64Array(2 * places.length);
}

/** Sends one more chunk through, from `startMs` on and in place. Returns when it leaves the last place. */
export function advance({ places, rowBytes }: Pipe, progress: Progress, T: number, S: number, startMs = 0): number {
  let ms = startMs;
  for (let place = 0; place < places.length; place++) {
    const { link } = places[place]!;
    if (link !== null) {
      ms = Math.max(ms, progress[2 * place]!) + sendMs(link, T * rowBytes);
      progress[2 * place] = ms;
      ms += delayMs(link);
    }
    ms = Math.max(ms, progress[2 * place + 1]!) + placeMs(places[place]!, T, S);
    progress[2 * place + 1] = ms;
  }
  return ms;
}

/** When the last chunk leaves the last place, if the first one starts at 0 with `S` tokens cached; of several prompts alike, the last one's. */
export function slicesMs(pipe: Pipe, slices: Slices, S = 0, prompts = 1): number {
  const starts: number[] = [];
  let cached = S;
  for (const T of slices) {
    starts.push(cached);
    cached += T;
  }
  if (pipe.closes) return closedMs(pipe, slices, starts, prompts);
  const progress = emptyProgress(pipe);
  let ms = 0;
  for (let prompt = 0; prompt < prompts; prompt++) {
    for (let i = 0; i < slices.length; i++) ms = advance(pipe, progress, slices[i]!, starts[i]!);
  }
  return ms;
}

/**
 * The same where the host is both ends: it takes the chunks of its two places in the order in which they come. Of the prompt's, `inFlight` are
 * there from the start, and one more whenever one is through.
 */
function closedMs(pipe: Pipe, slices: Slices, starts: readonly number[], prompts: number): number {
  const last = pipe.places.length - 1;
  const between: Pipe = { ...pipe, places: pipe.places.slice(1, last), closes: false };
  const [front, end] = [pipe.places[0]!, pipe.places[last]!];
  const progress = emptyProgress(between);
  const chunks = slices.length * prompts;
  const limit = inFlight(pipe.places.length);
  /** When chunks come to the host's second place, and when they left it. */
  const comes: number[] = [];
  const left: number[] = [];
  let [hostMs, endLinkMs] = [0, 0];
  while (left.length < chunks) {
    const next = comes.length;
    const release = next < limit ? 0 : (left[next - limit] ?? Infinity);
    const waiting = comes[left.length] ?? Infinity;
    const isNew = next < chunks && release <= waiting;
    const chunk = (isNew ? next : left.length) % slices.length;
    const [T, S] = [slices[chunk]!, starts[chunk]!];
    hostMs = Math.max(hostMs, isNew ? release : waiting) + placeMs(isNew ? front : end, T, S);
    if (!isNew) {
      left.push(hostMs);
      continue;
    }
    let ms = advance(between, progress, T, S, hostMs);
    if (end.link !== null) {
      endLinkMs = Math.max(ms, endLinkMs) + sendMs(end.link, T * pipe.rowBytes);
      ms = endLinkMs + delayMs(end.link);
    }
    comes.push(ms);
  }
  return left.at(-1) ?? 0;
}

/** Chunks that keep every machine of the ring busy, and two that are on their way. */
export function inFlight(places: number): number {
  return 2 * places + 2;
}

/** From the last place to the next token: the way back to the host, and the head over `rows` rows. */
export function returnMs({ back, head, rowBytes, backBytes = rowBytes }: Pipe, rows: number): number {
  return (back === null ? 0 : sendMs(back, rows * backBytes) + delayMs(back)) + headMs(head, rows);
}

/** A lap of one frame in a ring that has nothing else to do. */
export function lapMs(pipe: Pipe, rows: number, S: number): number {
  let ms = returnMs(pipe, rows);
  for (const place of pipe.places) {
    if (place.link !== null) ms += sendMs(place.link, rows * pipe.rowBytes) + delayMs(place.link);
    ms += placeMs(place, rows, S);
  }
  return ms;
}
