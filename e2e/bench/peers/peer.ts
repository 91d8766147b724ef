/** Another project that runs the same weights in a tab. */
export interface Timed {
  readonly promptTokens: number;
  readonly prefillMs: number;
  /** After the first. */
  readonly outputTokens: number;
  readonly decodeMs: number;
}

/** The same prompt in two forms: some peers have a tokenizer of their own. */
export interface PeerPrompt {
  /** As the model's template makes it. */
  readonly text: string;
  readonly ids: readonly number[];
}

export interface Peer {
  /** Greedy, nothing reused from runs before, no end before `outputTokens`. */
  run(prompt: PeerPrompt, outputTokens: number): Promise<Timed>;
}
