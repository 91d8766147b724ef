/** An answer's text, as its tokens come: what each adds for the reader, until a stop text ends it. */
import type { TextStream } from "@jupiter/model/tokenizer";
import { StopFilter } from "./stop-filter.ts";

export class AnswerText {
  readonly #stream: TextStream;
  readonly #filter: StopFilter;
  readonly #tokens: number[] = [];
  #text = "";
  #isOver = false;

  constructor(stream: TextStream, stops: readonly string[]) {
    this.#stream = stream;
    this.#filter = new StopFilter(stops);
  }

  /** Those that count, the one that completed a stop text included. */
  get tokens(): readonly number[] {
    return this.#tokens;
  }

  /** Up to the stop text. */
  get text(): string {
    return this.#text;
  }

  /** A stop text has come: what was decided beyond it does not count. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What this token adds for the reader; often less or more than the token itself. */
  push(token: number): string {
    if (this.#isOver) throw new RangeError("a stop text has come: no token counts any more");
    this.#tokens.push(token);
    const { text, stopped } = this.#filter.push(this.#stream.push(token));
    this.#isOver = stopped;
    this.#text += text;
    return text;
  }

  /** No token follows: what was kept back is text after all, unless a stop text cut it off. */
  end(): void {
    if (this.#isOver) return;
    this.#text += this.#filter.push(this.#stream.flush()).text + this.#filter.flush();
  }
}
