/** The host's view of one donor: its control link, and what the page shows of it. */
import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import {
  hostMessageFrame,
  parseDonorMessage,
  PROBE_VERSION,
  type Backend,
  type DonorMessage,
  type FrameNumber,
  type HostMessage,
  type PeerId,
  type Seat,
} from "@jupiter/protocol";
import type { LayerRange } from "@jupiter/pipeline";
import type { LinkCost } from "@jupiter/planner";
import type { PeerLink } from "@jupiter/transport";
import type { FailureReason } from "../engine/api.ts";
import type { RingTrouble } from "../state/trouble.ts";
import { texts } from "../texts/index.ts";
import { ControlLink } from "./control-link.ts";

export interface Device {
  readonly peer: PeerId;
  readonly name: string;
  readonly state:
    | { readonly kind: "connecting" }
    | { readonly kind: "idle" }
    | { readonly kind: "loading"; readonly phase: string; readonly loadedBytes: number; readonly totalBytes: number }
    | { readonly kind: "ready" }
    | { readonly kind: "serving" }
    | { readonly kind: "failed"; readonly reason: FailureReason; readonly message: string };
  readonly memoryPledgeBytes: number;
  readonly backends: readonly Backend[];
  readonly userAgent: string;
  readonly layers: LayerRange | null;
  /** Since it has layers. */
  readonly serving: {
    readonly backend: Backend;
    readonly threads: number;
    readonly fallbacks: readonly string[];
    readonly fetchedBytes: number;
    /** When it became ready: what it did not hold already. Undefined: it does not tell. */
    readonly loaded?: { readonly bytes: number; readonly ms: number } | undefined;
  } | null;
  /** Over the control link, page to page; null before the first answer. */
  readonly roundTripMs: number | null;
  /** It speaks the same probes as this page. */
  readonly isProbed: boolean;
  /** To this device and back, as the plan reckons with it; null: not measured yet; "silent": it did not answer, and is planned with a guess. */
  readonly link: MeasuredLink | "silent" | null;
  /** Mean distance of its times from what the plan reckons with, relative; null: it was not timed. */
  readonly fitError: number | null;
  /** What it took while it served last, over what it was measured to take: 1.6 is slower; null: not known. */
  readonly drift: number | null;
  readonly stats: { readonly runs: number; readonly computeMs: number; readonly memoryBytes: number | null };
}

export interface MeasuredLink {
  /** Towards the donor. */
  readonly cost: LinkCost;
  /** Half of the round trips lie within so much of the median. */
  readonly spreadMs: number;
}

export class DonorLost extends Error {
  override readonly name = "DonorLost";
  readonly reason: RingTrouble;
  constructor(reason: RingTrouble, message: string) {
    super(message);
    this.reason = reason;
  }
}

type Answer = Extract<DonorMessage, { type: "profile" | "probed" | "ready" }>;

interface Expectation {
  readonly type: Answer["type"];
  readonly epoch: number;
  readonly resolve: (message: DonorMessage) => void;
  readonly reject: (error: Error) => void;
}

export type Asked = Extract<DonorMessage, { type: "ask" | "stop-ask" }>;
type Goodbye = Extract<DonorMessage, { type: "goodbye" }>["reason"];

export interface DonorProxyOptions {
  readonly peer: PeerId;
  readonly name: string;
  /** What it is called here when it calls itself so. */
  readonly nameFor: (wanted: string) => string;
  /** A stage that said it cannot go on, while no one waited for it. */
  readonly failed: (reason: FailureReason, message: string) => void;
  /** It says that another device sent it what makes no sense. False: that cannot be, so the failure is its own. */
  readonly accused: (whom: Seat, message: string) => boolean;
  /** Its page knows how to ask questions. */
  readonly canAsk: () => void;
  readonly asked: (message: Asked) => void;
  /** `goodbye`: why, as it said; null: its link broke, and it may still be there. */
  readonly gone: (message: string, goodbye: Goodbye | null) => void;
}

const PING_EVERY_MS = 3000;
/** As long as a browser takes to notice a connection that broke; a page that stands still keeps its connections. */
const MAX_SILENT_PINGS = 10;
/** A device tells of each tensor that it loads; after a pause of this page, of many at once. */
const RATE = { perSecond: 200, burst: 4000 };

export class DonorProxy {
  readonly device: ReadonlySignal<Device>;
  readonly #device: Signal<Device>;
  readonly #options: DonorProxyOptions;
  #control: ControlLink<HostMessage, DonorMessage> | null = null;
  #expected: Expectation[] = [];
  #pings = 0;
  /** One after the other without a word, while it served. */
  #silentPings = 0;
  readonly #pongs = new Map<number, () => void>();
  #gone = false;
  /** Of the plan that it was given last; what comes from an earlier one says nothing any more. */
  #epoch: number | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: DonorProxyOptions) {
    const { peer, name } = options;
    this.#options = options;
    this.#device = signal<Device>({
      peer,
      name,
      state: { kind: "connecting" },
      memoryPledgeBytes: 0,
      backends: [],
      userAgent: "",
      layers: null,
      serving: null,
      roundTripMs: null,
      isProbed: false,
      link: null,
      fitError: null,
      drift: null,
      stats: { runs: 0, computeMs: 0, memoryBytes: null },
    });
    this.device = this.#device;
  }

  /** It can be told something that no one else hears. */
  get isLinked(): boolean {
    return this.#control !== null && !this.#gone;
  }

  attach(link: PeerLink): void {
    if (this.#gone) {
      void link.close();
      return;
    }
    this.#control = new ControlLink<HostMessage, DonorMessage>({
      link,
      frameOf: hostMessageFrame,
      parse: parseDonorMessage,
      rate: RATE,
      received: (message) => this.#receive(message),
      closed: ({ message }) => this.#lose(texts.session.deviceGone(this.#name, message)),
    });
    this.#timer = setInterval(() => void this.#measure(), PING_EVERY_MS);
    void this.#measure();
  }

  unreachable(message: string): void {
    this.#update({ state: { kind: "failed", reason: "link", message } });
    this.#rejectAll("link", texts.session.unreachable(this.#name, message));
  }

  send(message: HostMessage): void {
    this.#control?.send(message);
    switch (message.type) {
      case "profile":
      case "probe":
        this.#epoch = message.epoch;
        return;
      case "assign":
        this.#epoch = message.epoch;
        this.#update({ layers: message.layers, serving: null });
        return;
      case "serve":
        this.#update({ state: { kind: "serving" } });
        return;
      case "release": {
        this.#epoch = null;
        this.#rejectAll("stale-plan", message.reason);
        const { state } = this.#device.value;
        // What went wrong stays to be read until it is tried again.
        this.#update({ layers: null, serving: null, state: state.kind === "failed" ? state : { kind: "idle" } });
        return;
      }
      case "renamed":
        this.#update({ name: message.name });
        return;
      case "removed":
      case "rekeyed":
      case "ticket":
      case "guests":
      case "ping":
      case "ask-rule":
      case "ask-waits":
      case "ask-text":
      case "ask-ended":
        return;
      default:
        message satisfies never;
    }
  }

  /** What it sent makes no sense; it stays in the room. */
  blame(message: string): void {
    this.#update({ state: { kind: "failed", reason: "bad-frame", message } });
  }

  /** It was timed; `fitError`: how far its times lie from what the plan makes of them, mean and relative. `isAnew`: not kept from before. */
  timed(fitError: number, isAnew: boolean): void {
    this.#update({ fitError, ...(isAnew ? { drift: null } : {}) });
  }

  /** It takes so many times what it was measured to take. */
  drifts(factor: number): void {
    this.#update({ drift: factor });
  }

  /** What its link carries; null: it did not answer. */
  measured(link: MeasuredLink | null): void {
    this.#update({ link: link ?? "silent" });
  }

  cancel(frames: readonly FrameNumber[]): void {
    this.#control?.cancel(frames);
  }

  /** The donor's answer for this plan. Rejects `DonorLost`, also with what the donor says went wrong. */
  expect<Type extends Answer["type"]>(type: Type, epoch: number): Promise<Extract<DonorMessage, { type: Type }>> {
    if (this.#gone) return Promise.reject(new DonorLost("left", texts.session.deviceLeft(this.#name)));
    return new Promise((resolve, reject) => {
      this.#expected.push({ type, epoch, resolve: resolve as (message: DonorMessage) => void, reject });
    });
  }

  /** The server says that it left; its link may not have noticed. */
  async confirmPresence(timeoutMs: number): Promise<void> {
    const control = this.#control;
    if ((await this.#ping(timeoutMs)) !== null) return;
    // Linked meanwhile: nothing was asked over that one yet.
    if (this.#control !== control) return this.confirmPresence(timeoutMs);
    this.#lose(`${this.#name} left.`);
  }

  /** Milliseconds there and back; null: not within `timeoutMs`. */
  async #ping(timeoutMs: number): Promise<number | null> {
    const id = this.#pings++;
    const sentMs = performance.now();
    const answered = new Promise<boolean>((resolve) => {
      this.#pongs.set(id, () => resolve(true));
      setTimeout(() => resolve(false), timeoutMs);
    });
    this.#control?.send({ type: "ping", id });
    const isBack = await answered;
    this.#pongs.delete(id);
    return isBack ? performance.now() - sentMs : null;
  }

  async #measure(): Promise<void> {
    const roundTripMs = await this.#ping(PING_EVERY_MS);
    // Counted, not timed: this page may have been asleep. A device that loads may be too busy to answer.
    const isSilent = roundTripMs === null && this.#device.peek().state.kind === "serving";
    this.#silentPings = isSilent ? this.#silentPings + 1 : 0;
    if (roundTripMs !== null) this.#update({ roundTripMs });
    if (this.#silentPings < MAX_SILENT_PINGS) return;
    this.#lose(texts.session.silent(this.#name, (MAX_SILENT_PINGS * PING_EVERY_MS) / 1000));
  }

  async close(): Promise<void> {
    this.#gone = true;
    clearInterval(this.#timer);
    await this.#control?.close();
  }

  #receive(message: DonorMessage): void {
    this.#silentPings = 0;
    if ("epoch" in message && message.epoch !== this.#epoch) return;
    switch (message.type) {
      case "hello":
        this.#update({
          name: this.#options.nameFor(message.name),
          state: { kind: "idle" },
          memoryPledgeBytes: message.memoryPledgeBytes,
          backends: message.backends,
          userAgent: message.userAgent,
          isProbed: message.probe === PROBE_VERSION,
        });
        if (message.asks) this.#options.canAsk();
        return;
      case "ask":
      case "stop-ask":
        this.#options.asked(message);
        return;
      case "progress":
        this.#update({
          state: {
            kind: "loading",
            phase: message.phase,
            loadedBytes: message.loadedBytes,
            totalBytes: message.totalBytes,
          },
        });
        return;
      case "ready": {
        const { backend, threads, knownAnswer, fetchedBytes, loaded } = message;
        this.#update({
          state: { kind: "ready" },
          serving: { backend, threads, fallbacks: knownAnswer.fallbacks, fetchedBytes, loaded },
        });
        this.#settle(message);
        return;
      }
      case "profile":
      case "probed":
        this.#settle(message);
        return;
      case "failed": {
        const { reason, from } = message;
        if (from !== undefined && this.#options.accused(from, message.message)) return;
        const named = `${this.#name}: ${message.message}`;
        this.#update({ state: { kind: "failed", reason, message: message.message } });
        if (!this.#rejectAll(reason, named)) this.#options.failed(reason, named);
        return;
      }
      case "goodbye":
        this.#lose(texts.session.deviceLeft(this.#name), message.reason);
        return;
      case "pong":
        this.#pongs.get(message.id)?.();
        return;
      case "stats":
        this.#update({ stats: { runs: message.runs, computeMs: message.computeMs, memoryBytes: message.memoryBytes } });
        return;
      default:
        message satisfies never;
    }
  }

  get #name(): string {
    return this.#device.peek().name;
  }

  #settle(message: Answer): void {
    const met = this.#expected.find(({ type, epoch }) => type === message.type && epoch === message.epoch);
    this.#expected = this.#expected.filter((expectation) => expectation !== met);
    met?.resolve(message);
  }

  #lose(message: string, goodbye: Goodbye | null = null): void {
    if (this.#gone) return;
    this.#gone = true;
    clearInterval(this.#timer);
    this.#rejectAll(goodbye === null ? "vanished" : "left", message);
    void this.#control?.close();
    this.#options.gone(message, goodbye);
  }

  /** False: nobody waited. */
  #rejectAll(reason: RingTrouble, message: string): boolean {
    const expected = this.#expected;
    this.#expected = [];
    for (const { reject } of expected) reject(new DonorLost(reason, message));
    return expected.length > 0;
  }

  #update(change: Partial<Device>): void {
    this.#device.value = { ...this.#device.value, ...change };
  }
}
