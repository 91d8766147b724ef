/**
 * When a frame of the ring passes from hand to hand in a tab: from its links to its page, from there to its worker, and back. Runs in page and worker before
 * their own lines and takes the browser's own calls over, so that nothing of it is in the product, and frames carry nothing for it.
 */

/**
 * `came`: its last slice, at the page. `posted`: to the other thread of this tab. `handled`: the other thread begins with it. `read`: that thread has done with it
 * what it does without waiting. `sent`: its first slice, by the page.
 */
export type Step = "came" | "posted" | "handled" | "read" | "sent";

export interface Stamp {
  readonly step: Step;
  readonly frame: number;
  /** Since 1970, so that threads and tabs of one machine can be compared. */
  readonly atMs: number;
  /** What kernels have taken in this thread until now, where they are timed. */
  readonly kernelMs: number;
}

/** A frame's way round the ring, as the host's worker tells it. */
export interface LapStamp {
  readonly frame: number;
  readonly rows: number;
  readonly cached: number;
  readonly sentMs: number;
  readonly backMs: number;
  readonly headMs: number;
  readonly stages: readonly { readonly queueMs: number; readonly computeMs: number }[];
}

export interface StampedThread {
  /** Costs two readings of the clock for each call into the kernels, some three hundred a stage and token: off unless asked for. */
  timesKernels: boolean;
  stamps: Stamp[];
  laps: LapStamp[];
}

declare global {
  var stamped: StampedThread | undefined;
}

export function stampFrames(): void {
  interface Message {
    readonly kind?: unknown;
    readonly bytes?: Uint8Array;
  }
  interface Told extends Record<"frame" | "rows" | "cached" | "atMs" | "lapMs" | "headMs", number> {
    readonly stageTimes: readonly Record<"queueUs" | "computeUs", number>[];
  }
  type Listener = (this: EventTarget, event: MessageEvent) => void;

  const tab = {
    timesKernels: false,
    stamps: [] as Stamp[],
    laps: [] as LapStamp[],
    kernelMs: 0,
    nowMs: () => performance.timeOrigin + performance.now(),
    stamp(step: Step, frame: number) {
      this.stamps.push({ step, frame, atMs: this.nowMs(), kernelMs: this.kernelMs });
    },
    /** Number of the ring's frame that begins here; null: it is another one. See `protocol/src/frame-layout.ts`. */
    frameAt(bytes: Uint8Array, at: number): number | null {
      if (bytes.length < at + 12 || bytes[at] !== 1 || (bytes[at + 1] ?? NaN) > 4) return null;
      return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 4, true);
    },
    frameOf(message: Message | null): number | null {
      return message?.kind === "frame" && message.bytes !== undefined ? this.frameAt(message.bytes, 0) : null;
    },
    tell({ frame, rows, cached, atMs, lapMs, headMs, stageTimes }: Told) {
      const backMs = performance.timeOrigin + atMs;
      const stages = stageTimes.map(({ queueUs, computeUs }) => ({
        queueMs: queueUs / 1000,
        computeMs: computeUs / 1000,
      }));
      this.laps.push({ frame, rows, cached, sentMs: backMs - lapMs, backMs, headMs, stages });
    },
    /** `listener` goes on as the handler of those events, between `before` and `after`. */
    around(kind: { readonly prototype: object }, before: Listener, after: Listener) {
      const handler = Object.getOwnPropertyDescriptor(kind.prototype, "onmessage")!;
      Object.defineProperty(kind.prototype, "onmessage", {
        ...handler,
        set(this: EventTarget, listener: Listener | null) {
          handler.set!.call(this, (event: MessageEvent) => {
            before.call(this, event);
            listener?.call(this, event);
            after.call(this, event);
          });
        },
      });
    },
  };
  globalThis.stamped = tab;

  const { postMessage } = MessagePort.prototype as { postMessage: (...sent: unknown[]) => void };
  MessagePort.prototype.postMessage = function (this: MessagePort, ...sent: unknown[]) {
    const message = sent[0] as Message | null;
    const frame = tab.frameOf(message);
    if (frame !== null) tab.stamp("posted", frame);
    if (message?.kind === "lap") tab.tell(message as unknown as Told);
    Reflect.apply(postMessage, this, sent);
  };
  /** Its bytes may be handed on by then. */
  let handled: number | null = null;
  tab.around(
    MessagePort,
    ({ data }) => {
      handled = tab.frameOf(data as Message | null);
      if (handled !== null) tab.stamp("handled", handled);
    },
    () => {
      if (handled !== null) tab.stamp("read", handled);
    },
  );

  // Slices of messages: see `transport/src/slicing.ts`.
  const { send } = RTCDataChannel.prototype as { send: (data: unknown) => void };
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    const slice = data as Uint8Array;
    const frame = (slice[1] ?? NaN) < 2 ? tab.frameAt(slice, 8) : null;
    if (frame !== null) tab.stamp("sent", frame);
    send.call(this, data);
  };
  const underWay = new WeakMap<EventTarget, { readonly frame: number | null; leftBytes: number }>();
  tab.around(
    RTCDataChannel,
    function ({ data }) {
      const slice = new Uint8Array(data as ArrayBuffer);
      const isFirst = (slice[1] ?? NaN) < 2;
      const message = isFirst
        ? { frame: tab.frameAt(slice, 8), leftBytes: new DataView(slice.buffer).getUint32(4, true) }
        : underWay.get(this);
      if (message === undefined) return;
      underWay.set(this, message);
      message.leftBytes -= slice.length - 8;
      if (message.leftBytes === 0 && message.frame !== null) tab.stamp("came", message.frame);
    },
    () => undefined,
  );

  const { instantiate } = WebAssembly as { instantiate: (...made: unknown[]) => Promise<object> };
  WebAssembly.instantiate = async function (...given: unknown[]) {
    const made = await instantiate(...given);
    const exports = "exports" in made ? (made.exports as Record<string, (...operands: number[]) => unknown>) : {};
    // Ours, of which all exports are functions: `runtime/src/kernels/kernel-module.ts`.
    if (!("attend" in exports)) return made;
    const timed = Object.entries(exports).map(([name, call]) => [
      name,
      (...operands: number[]) => {
        if (!tab.timesKernels) return call(...operands);
        const begunMs = performance.now();
        const result = call(...operands);
        tab.kernelMs += performance.now() - begunMs;
        return result;
      },
    ]);
    return { exports: Object.fromEntries(timed) as unknown };
  } as typeof WebAssembly.instantiate;
}
