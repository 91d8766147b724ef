/** Cuts an answer at the first of its stop texts, and keeps back what may yet turn out to be the beginning of one. */
export class StopFilter {
  readonly #stops: readonly string[];
  #held = "";

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop.length > 0);
  }

  /** What may be shown now; `stopped`: a stop text has come, and nothing after it counts. */
  push(text: string): { readonly text: string; readonly stopped: boolean } {
    const all = this.#held + text;
    const at = Math.min(...this.#stops.map((stop) => indexOr(all, stop)));
    if (at !== Infinity) {
      this.#held = "";
      return { text: all.slice(0, at), stopped: true };
    }
    const keep = Math.max(0, ...this.#stops.map((stop) => overlap(all, stop)));
    this.#held = all.slice(all.length - keep);
    return { text: all.slice(0, all.length - keep), stopped: false };
  }

  /** At the end of an answer: what was kept back after all. */
  flush(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}

function indexOr(text: string, part: string): number {
  const at = text.indexOf(part);
  return at < 0 ? Infinity : at;
}

/** Length of the longest end of `text` that begins `stop`. */
function overlap(text: string, stop: string): number {
  for (let n = Math.min(text.length, stop.length - 1); n > 0; n--) if (text.endsWith(stop.slice(0, n))) return n;
  return 0;
}
