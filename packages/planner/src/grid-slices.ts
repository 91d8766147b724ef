/**
 * The exact recurrence as a search: at every cut point, the states of the ring's machines (when each is free) that no other state beats, and of those the
 * few that promise the earliest end. With as many as there are it would be the optimum on the grid; with a few it is within a percent of it.
 */
import { advance, emptyProgress, placeMs, type Pipe, type Progress, type Slices } from "./pipe.ts";
import { cutPoints } from "./tera-pipe.ts";

interface State {
  readonly progress: Progress;
  readonly endMs: number;
  /** No slicing that goes on from here ends before. */
  readonly atLeastMs: number;
  readonly rows: number;
  readonly before: State | null;
}

const KEPT = 12;

export function gridSlices(pipe: Pipe, tokens: number, S: number, grid: number): Slices {
  const open: Pipe = { ...pipe, closes: false };
  const cuts = cutPoints(tokens, Math.min(grid, pipe.mostRows));
  const states: State[][] = cuts.map(() => []);
  states[0]!.push({ progress: emptyProgress(open), endMs: 0, atLeastMs: 0, rows: 0, before: null });
  const rests = cuts.map((cut) => restOf(open, tokens, S, cut));
  for (let from = 0; from + 1 < cuts.length; from++) {
    for (const state of states[from]!) {
      for (let to = from + 1; to < cuts.length; to++) {
        const T = cuts[to]! - cuts[from]!;
        if (T > pipe.mostRows) break;
        const progress = state.progress.slice();
        const endMs = advance(open, progress, T, S + cuts[from]!);
        keep(states[to]!, { progress, endMs, atLeastMs: atLeast(progress, endMs, rests[to]!), rows: T, before: state });
      }
    }
  }
  const slices: number[] = [];
  for (let at = states.at(-1)[0]; at?.before != null; at = at.before) slices.unshift(at.rows);
  return slices;
}

/** What each place has yet to do from a cut on, in one piece: less than in several, but for steps in costs. */
function restOf(pipe: Pipe, tokens: number, S: number, cut: number): readonly number[] {
  return pipe.places.map((place) => (cut === tokens ? 0 : placeMs(place, tokens - cut, S + cut)));
}

function atLeast(progress: Progress, endMs: number, rests: readonly number[]): number {
  let ms = endMs;
  for (let place = 0; place < rests.length; place++) ms = Math.max(ms, progress[2 * place + 1]! + rests[place]!);
  return ms;
}

/** In rising order of what they promise. */
function keep(states: State[], state: State): void {
  if (states.length === KEPT && state.atLeastMs >= states[KEPT - 1]!.atLeastMs) return;
  for (const other of states) if (beats(other.progress, state.progress)) return;
  const at = states.findIndex(({ atLeastMs }) => atLeastMs > state.atLeastMs);
  states.splice(at < 0 ? states.length : at, 0, state);
  if (states.length > KEPT) states.pop();
}

function beats(a: Progress, b: Progress): boolean {
  for (let i = 0; i < a.length; i++) if (a[i]! > b[i]!) return false;
  return true;
}
