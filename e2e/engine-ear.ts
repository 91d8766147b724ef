/** What a page's engine tells it, heard along by tests. Runs in the page before its own scripts. */

export interface Heard {
  /** Frames that came back, refuted ones too. */
  laps: number;
  /** Of the newest answer: prompt tokens, and how many of them were in the ring's cache already. */
  promptTokens: number;
  reusedTokens: number;
}

export function hearEngine(): void {
  const heard: Heard = { laps: 0, promptTokens: 0, reusedTokens: 0 };
  globalThis.heard = heard;
  Object.defineProperty(MessagePort.prototype, "onmessage", {
    set(this: MessagePort, listener: (event: MessageEvent) => void) {
      this.addEventListener("message", (event: MessageEvent<unknown>) => {
        const { kind, timings } = (event.data ?? {}) as { readonly kind?: unknown; readonly timings?: Partial<Heard> };
        if (kind === "lap") heard.laps++;
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
