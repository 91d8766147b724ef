/**
 * All substrings of a growing text of tokens, as the smallest automaton that knows them. `push` takes constant time on average, a step of a walk
 * as well.
 *
 * A state stands for substrings that end at the same places; `length` is its longest one's, `link` leads to the longest of its suffixes that ends elsewhere, too.
 */
export class SuffixAutomaton {
  readonly #tokens: number[] = [];
  readonly #length = [0];
  readonly #link = [-1];
  readonly #next: Map<number, number>[] = [new Map<number, number>()];
  /** Where a state's substrings end: the last place known, and one before it. -1: none. */
  readonly #end = [-1];
  readonly #endBefore = [-1];
  #whole = 0;

  get tokens(): readonly number[] {
    return this.#tokens;
  }

  push(token: number): void {
    const at = this.#tokens.push(token) - 1;
    const added = this.#add((this.#length[this.#whole] ?? 0) + 1, -1, new Map(), at, -1);
    let state = this.#whole;
    for (; state >= 0 && !this.#next[state]?.has(token); state = this.#link[state] ?? -1)
      this.#next[state]?.set(token, added);
    this.#link[added] = state < 0 ? 0 : this.#suffixFor(state, token);
    this.#whole = added;
    this.#mark(this.#link[added] ?? 0, at);
  }

  /** The longest end of the text followed by `path` that stands in the text, and where: index of its last token, before the text's end if possible. */
  find(path: readonly number[]): { readonly length: number; readonly end: number } {
    let state = Math.max(0, this.#link[this.#whole] ?? 0);
    let length = this.#length[state] ?? 0;
    for (const token of path) {
      while (state > 0 && !this.#next[state]?.has(token)) {
        state = this.#link[state] ?? 0;
        length = this.#length[state] ?? 0;
      }
      const next = this.#next[state]?.get(token);
      state = next ?? 0;
      length = next === undefined ? 0 : length + 1;
    }
    const end = this.#end[state] ?? -1;
    return { length, end: end === this.#tokens.length - 1 ? (this.#endBefore[state] ?? -1) : end };
  }

  /** The state of the longest suffix of what `token` makes of `state`; it is split where it stands for more. */
  #suffixFor(state: number, token: number): number {
    const target = this.#next[state]?.get(token) ?? 0;
    const length = (this.#length[state] ?? 0) + 1;
    if (this.#length[target] === length) return target;
    const split = this.#add(
      length,
      this.#link[target] ?? 0,
      new Map(this.#next[target]),
      this.#end[target] ?? -1,
      this.#endBefore[target] ?? -1,
    );
    for (let s = state; s >= 0 && this.#next[s]?.get(token) === target; s = this.#link[s] ?? -1)
      this.#next[s]?.set(token, split);
    this.#link[target] = split;
    return split;
  }

  /** Ends are kept up to date for the longest suffixes only: in a text that repeats one token their chain is as long as the text. */
  #mark(state: number, at: number): void {
    for (let hops = 0; state > 0 && hops < 16; hops++, state = this.#link[state] ?? 0) {
      this.#endBefore[state] = this.#end[state] ?? -1;
      this.#end[state] = at;
    }
  }

  #add(length: number, link: number, next: Map<number, number>, end: number, endBefore: number): number {
    this.#link.push(link);
    this.#next.push(next);
    this.#end.push(end);
    this.#endBefore.push(endBefore);
    return this.#length.push(length) - 1;
  }
}
