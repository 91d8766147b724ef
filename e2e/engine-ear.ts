/** What a page's engine tells it, heard along by tests. Runs in the page before its own scripts. */

export interface Heard {
  /** Frames of answers that came back, refuted ones too. A prompt's last chunk is one of them; its other chunks, whose number is the plan's, are not. */
  laps: number;
  /** Of the newest answer: prompt tokens, and how many of them were in the ring's cache already. */
  promptTokens: number;
  reusedTokens: number;
}

interface Told {
  readonly kind: unknown;
  readonly timings: Partial<Heard>;
  readonly wanted: boolean;
  readonly dead: boolean;
}

export function hearEngine(): void {
  const heard: Heard = { laps: 0, promptTokens: 0, reusedTokens: 0 };
  globalThis.heard = heard;
  Object.defineProperty(MessagePort.prototype, "onmessage", {
    set(this: MessagePort, listener: (event: MessageEvent) => void) {
      this.addEventListener("message", (event: MessageEvent<unknown>) => {
        const { kind, timings, wanted, dead } = (event.data ?? {}) as Partial<Told>;
        if (kind === "lap" && (wanted === true || dead === true)) heard.laps++;
        if (kind === "finished") {
          heard.promptTokens = timings?.promptTokens ?? 0;
          heard.reusedTokens = timings?.reusedTokens ?? 0;
        }
        listener.call(this, event);
      });
      this.start();
    },
  });
}

declare global {
  var heard: Heard | undefined;
}
