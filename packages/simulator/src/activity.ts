/** What devices did when, simulated or measured; for busy shares and pictures. */
export interface Span {
  readonly device: string;
  /** `row 12`, `head`, …: spans of one label have one colour. */
  readonly label: string;
  readonly startMs: number;
  readonly endMs: number;
}

export class Activity {
  readonly spans: Span[] = [];

  add(span: Span): void {
    this.spans.push(span);
  }
}

/** Share of the time from `startMs` to `endMs` that a device computed, 0 to 1. */
export function busyShare(spans: readonly Span[], device: string, startMs: number, endMs: number): number {
  if (endMs <= startMs) return 0;
  let busyMs = 0;
  for (const span of spans) {
    if (span.device !== device) continue;
    busyMs += Math.max(0, Math.min(endMs, span.endMs) - Math.max(startMs, span.startMs));
  }
  return busyMs / (endMs - startMs);
}
