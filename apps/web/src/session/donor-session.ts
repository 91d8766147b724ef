/** A donor: joins a room by its link, runs the stage that the host assigns, and leaves when told to. */
import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import {
  donorMessageFrame,
  HostNotice,
  parseHostMessage,
  type Introduction,
  type AssignMessage,
  type DonorMessage,
  type HostMessage,
  type PeerId,
  type Seat,
} from "@jupiter/protocol";
import type { Room, RoomState } from "@jupiter/room";
import { unpacks } from "@jupiter/runtime/ladder";
import type { IncomingLink, PeerLinks } from "@jupiter/transport";
import { EngineError, type Engine } from "../engine/engine.ts";
import type { FailureReason, Phase } from "../engine/api.ts";
import { texts } from "../texts/index.ts";
import { BulkClient } from "./bulk-client.ts";
import { ControlLink } from "./control-link.ts";
import { deviceName, hello } from "./device.ts";
import { HeldSignals } from "./held-signals.ts";
import { probe, ProbeAnswers } from "./link-probe.ts";
import type { SessionParts } from "./host-session.ts";
import type { OwnQuestions } from "./own-questions.ts";
import { RingLinks } from "./ring-links.ts";
import { resumeProof } from "./ticket.ts";
import { whenConnected } from "./when-connected.ts";
import { TaskChain } from "./task-chain.ts";
import { suspect, suspicionsOf, UNSUSPICIOUS, type Suspicions } from "./suspicions.ts";

export type DonorState =
  /** A person at the host is asked whether to let this device in. */
  | { readonly kind: "asking" }
  | { readonly kind: "waiting"; readonly hasHost: boolean; readonly message: string }
  | {
      readonly kind: "loading";
      readonly layers: Layers;
      readonly phase: Phase;
      readonly loadedBytes: number;
      readonly totalBytes: number;
      /** As it went lately; null: not known. */
      readonly usualBytesPerMs: number | null;
    }
  | { readonly kind: "ready"; readonly layers: Layers; readonly scores: boolean; readonly backend: string }
  | {
      readonly kind: "serving";
      readonly layers: Layers;
      /** It has the LM head, too. */
      readonly scores: boolean;
      readonly backend: string;
      readonly tokens: number;
      /** What the host calls the other devices that compute. */
      readonly others: readonly string[];
    }
  | { readonly kind: "failed"; readonly reason: FailureReason; readonly message: string }
  | { readonly kind: "left"; readonly why: WhyLeft };

/** By its own will, as a phone's hidden page, or by the host's. */
export type WhyLeft = "left" | "hidden" | Exclude<HostNotice["notice"], "asked" | "introduce">;

interface Layers {
  readonly first: number;
  readonly end: number;
  readonly of: number;
}

export interface Lending {
  /** What the others see, 1 to 100 characters. */
  readonly name: string;
  /** Memory that this tab may be asked to hold. */
  readonly pledgeBytes: number;
  /** Of an earlier visit that the host let in; null: there was none. */
  readonly ticket: string | null;
  /** Of this page, whatever visits it makes. */
  readonly questions: OwnQuestions;
}

const STATS_EVERY_MS = 1000;
/** No honest ring has nearly as many frames on their way; a stage's own queue is as long. */
const FRAMES_AHEAD = 256;

/** The control link's message order is kept: one is handled after the other. */
export class DonorSession {
  readonly state: ReadonlySignal<DonorState>;
  readonly room: ReadonlySignal<RoomState>;
  /** The host tried to open its link to this device, and could not; it goes on trying. */
  readonly isUnreached = signal(false);
  /** What the server delivered and no member sent. */
  readonly suspicions: ReadonlySignal<Suspicions>;
  /** What members sent that have no part in it. */
  readonly strays: ReadonlySignal<Suspicions>;
  /** The last word of this browser's store for weights, if it had one. */
  readonly storage = signal<string | null>(null);
  /** What is asked from this page. */
  readonly questions: OwnQuestions;
  /** What the host calls this device. */
  readonly name: ReadonlySignal<string>;
  /** The room's link, from `#` on. Changes when a device is removed. */
  readonly link: ReadonlySignal<string>;
  /** What shows the host, on another visit, that it let this device in; null: it did not yet. */
  readonly ticket: ReadonlySignal<string | null>;
  readonly #state: Signal<DonorState>;
  readonly #room: Room;
  readonly #roomState: Signal<RoomState>;
  readonly #links: PeerLinks;
  readonly engine: Engine;
  readonly #ring: RingLinks;
  readonly #bulk: BulkClient;
  readonly #probes: ProbeAnswers;
  readonly #name: Signal<string>;
  readonly #link: Signal<string>;
  readonly #pledgeBytes: number;
  readonly #signals: HeldSignals;
  readonly #ticket: Signal<string | null>;
  #control: ControlLink<DonorMessage, HostMessage> | null = null;
  /** Who opened the control link last: still the host while the server, back after a pause, does not list it yet. */
  #host: PeerId | null = null;
  readonly #tasks = new TaskChain((error) =>
    this.#failed(
      error instanceof EngineError ? error.reason : "link",
      error instanceof Error ? error.message : String(error),
    ),
  );
  #assign: AssignMessage | null = null;
  /** It is timed: what is given up would go on in the worker, beside whatever is timed next. */
  #isTimed = false;
  /** Layers move: this device keeps those that it had for the next `assign`. */
  #holds = false;
  /** Of what it loads now. */
  #usualBytesPerMs: number | null = null;
  /** Whose doing the failure was that this page shows; null: its own, or nobody's. */
  #culprit: Seat | null = null;
  /** Of the plan that the host spoke of last. */
  #epoch = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  /** Takes the room over: leaving ends it. Made by `compose.ts`. */
  constructor({ room, links, engine }: SessionParts, { name, pledgeBytes, ticket, questions }: Lending) {
    this.#room = room;
    this.#links = links;
    this.engine = engine;
    this.suspicions = suspicionsOf(room);
    const strays = signal(UNSUSPICIOUS);
    this.strays = strays;
    this.#name = signal(name);
    this.name = this.#name;
    this.#link = signal(room.link);
    this.link = this.#link;
    this.#pledgeBytes = pledgeBytes;
    this.#ticket = signal(ticket);
    this.ticket = this.#ticket;
    this.questions = questions;
    this.#signals = new HeldSignals({ deliver: (from, payload) => links.receiveSignal(from, payload) });
    this.#state = signal<DonorState>({
      kind: "waiting",
      hasHost: room.host !== null,
      message: room.host === null ? texts.guests.hostAway : texts.donor.waitingForStart,
    });
    this.#roomState = signal<RoomState>(room.state);
    this.state = this.#state;
    this.room = this.#roomState;
    this.#ring = new RingLinks({
      links: this.#links,
      engine: this.engine,
      peerAt: (seat) => (seat === "host" ? this.#host : seat),
      seatOf: (peer) => this.#seatOf(peer),
      framesAhead: FRAMES_AHEAD,
      isBefore: (seat) => this.#assign?.previous === seat,
      strayed: (peer, what) => suspect(strays, `${this.#nameOf(this.#seatOf(peer))} ${what}`),
      broke: (seat, what) => this.#failed("bad-frame", texts.guests.sentNonsense(this.#nameOf(seat), what), seat, what),
      lost: (seat, message) => {
        const said = texts.session.linkLost(this.#nameOf(seat), message);
        if (this.#failed("link", said)) this.#culprit = seat;
      },
    });
    this.#probes = new ProbeAnswers(links);
    this.#bulk = new BulkClient({ links, engine, host: () => this.#host });
    room.events.on("state", (state) => (this.#roomState.value = state));
    room.events.on("signal", ({ from, payload }) => {
      if (from !== room.host?.peer) return this.#signals.take(from, payload);
      const notice = HostNotice.safeParse(payload);
      if (notice.success) this.#heed(notice.data);
      else links.receiveSignal(from, payload);
    });
    this.#links.events.on("incoming", (incoming) => this.#accept(incoming));
    this.#links.events.on("failed", ({ from, error }) => {
      const isHost = from === room.host?.peer && this.#control === null && error.reason !== "bad-signal";
      if (isHost) this.isUnreached.value = true;
    });
    this.engine.events.on("progress", ({ phase, loadedBytes, totalBytes }) =>
      this.#progress(phase, loadedBytes, totalBytes),
    );
    this.engine.events.on("storage", ({ message }) => (this.storage.value = message));
    this.engine.events.on("failed", ({ from, reason, message }) => {
      if (from === null) this.#failed(reason, message);
      else this.#ring.fault(from, texts.guests.nonsense(message));
    });
    this.#timer = setInterval(() => void this.#report().catch(() => undefined), STATS_EVERY_MS);
    addEventListener("pagehide", this.#onPageHide);
  }

  get self(): PeerId {
    return this.#room.self;
  }

  /** The server offers a way round networks that keep devices apart. */
  get hasRelay(): boolean {
    return this.#room.turn !== null;
  }

  /** Bytes sent to neighbours so far, by seat. */
  get sentBytes(): ReadonlyMap<Seat, number> {
    return this.#ring.sentBytes;
  }

  async leave(why: WhyLeft = "left"): Promise<void> {
    if (this.#hasLeft) return;
    // First of all: whoever freezes this page from here on finds a device that has left.
    this.#state.value = { kind: "left", why };
    this.questions.unlinked(texts.asking.left);
    this.#control?.send({ type: "goodbye", reason: why === "hidden" ? "hidden" : "left" });
    removeEventListener("pagehide", this.#onPageHide);
    clearInterval(this.#timer);
    this.#drop();
    this.engine.dispose();
    await this.#control?.close();
    this.#room.leave();
  }

  readonly #onPageHide = () => this.#control?.send({ type: "goodbye", reason: "closed" });

  get #hasLeft(): boolean {
    return this.#state.value.kind === "left";
  }

  #accept(incoming: IncomingLink): void {
    const { from, channel, link } = incoming;
    if (channel === "activations" && !this.#hasLeft) {
      this.#ring.accept(incoming);
      return;
    }
    if (channel === "probe" && !this.#hasLeft && this.#state.value.kind !== "serving") {
      this.#probes.accept(incoming);
      return;
    }
    if (channel !== "control" || from !== this.#room.host?.peer || this.#hasLeft) {
      void link.close();
      return;
    }
    const control = new ControlLink<DonorMessage, HostMessage>({
      link,
      frameOf: donorMessageFrame,
      parse: parseHostMessage,
      received: (message) => this.#receive(message),
      cancelled: (frames) => this.engine.cancel(frames),
      closed: ({ message }) => {
        if (this.#control !== control) return;
        this.#control = null;
        this.questions.unlinked(texts.asking.linkLost);
        this.#release(texts.donor.hostGone(message), false);
      },
    });
    const before = this.#control;
    this.#control = control;
    this.isUnreached.value = false;
    this.#host = from;
    const { kind } = this.#state.value;
    if (before === null && (kind === "asking" || kind === "waiting")) {
      this.#state.value = { kind: "waiting", hasHost: true, message: texts.donor.waitingForStart };
    }
    if (before !== null) {
      // The host came back, and knows nothing of what this device holds.
      void before.close();
      this.#release(texts.donor.hostBack);
    }
    this.questions.linked((message) => control.send(message));
    control.send(hello(this.#name.value, this.#pledgeBytes));
  }

  #receive(message: HostMessage): void {
    if (this.#hasLeft) return;
    if (message.type === "assign" || message.type === "profile" || message.type === "probe")
      this.#epoch = message.epoch;
    switch (message.type) {
      case "ping":
        this.#control?.send({ type: "pong", id: message.id });
        return;
      case "assign":
        if (!this.#holds) this.#drop();
        this.#holds = false;
        this.#tasks.add((aborted) => this.#load(message, aborted));
        return;
      case "profile":
        if (this.#holds) this.#drop();
        this.#state.value = { kind: "waiting", hasHost: true, message: texts.donor.measuring };
        this.#tasks.add((aborted) => this.#profile(message, aborted));
        return;
      case "probe":
        this.#tasks.add((aborted) => this.#probe(message, aborted));
        return;
      case "serve":
        this.#tasks.add(async () => this.#serve(message.epoch));
        return;
      case "release":
        if (message.keepsLayers === true && this.#state.value.kind === "serving") this.#hold(message.reason);
        else this.#release(message.reason);
        return;
      case "removed":
        void this.leave(message.why);
        return;
      case "rekeyed":
        void this.#rekey(message);
        return;
      case "renamed":
        this.#name.value = message.name;
        return;
      case "guests":
        this.#signals.know(message.peers);
        return;
      case "ticket":
        this.#ticket.value = message.ticket;
        return;
      case "ask-rule":
      case "ask-waits":
      case "ask-text":
      case "ask-ended":
        this.questions.receive(message);
        return;
      default:
        message satisfies never;
    }
  }

  /** From a host that has no control link to this device: it may say how things stand with it, and nothing else. */
  #heed({ notice }: HostNotice): void {
    if (this.#hasLeft) return;
    if (notice === "introduce") void this.#introduce();
    else if (notice !== "asked") void this.leave(notice);
    else if (this.#control === null) this.#state.value = { kind: "asking" };
  }

  /** To the host alone, who asked for it. */
  async #introduce(): Promise<void> {
    const { value: ticket } = this.#ticket;
    const proof = ticket === null ? null : await resumeProof(ticket, this.self);
    const host = this.#room.host;
    if (host === null) return;
    const said = { name: this.#name.value, device: deviceName(), ...(proof === null ? {} : { resume: proof }) };
    // A host that is gone meanwhile asks again when it is back.
    await this.#room.sendSignal(host.peer, { introduction: said } satisfies Introduction).catch(() => undefined);
  }

  async #rekey({ secret, removed }: Extract<HostMessage, { type: "rekeyed" }>): Promise<void> {
    this.#ring.expel(removed);
    await this.#room.follow(secret, removed);
    this.#link.value = this.#room.link;
    // Its links may have ended before the host's word of it came: nothing is wrong with this device.
    if (this.#state.value.kind !== "failed" || this.#culprit !== removed) return;
    this.#state.value = { kind: "waiting", hasHost: this.#control !== null, message: texts.session.oneRemoved };
  }

  /** Ends whatever is being done and frees the layers at once: a wasm heap only shrinks with its worker. */
  #drop(): void {
    this.#tasks.drop();
    if (this.#assign !== null || this.#holds || this.#isTimed) this.engine.endWorker();
    this.#holds = false;
    this.#isTimed = false;
    this.#part();
  }

  /** As `#drop`, but for the layers: the next message says which of them stay. */
  #hold(message: string): void {
    this.#tasks.drop();
    this.#holds = true;
    this.#part();
    // A worker that was ended meanwhile holds nothing.
    void this.engine.running?.holdShares().catch(() => undefined);
    this.#state.value = { kind: "waiting", hasHost: true, message };
  }

  #part(): void {
    this.#assign = null;
    void this.#ring.close();
    this.#bulk.close();
  }

  async #profile(
    { epoch, shape, head = false, backend, threads }: Extract<HostMessage, { type: "profile" }>,
    aborted: AbortSignal,
  ): Promise<void> {
    this.#isTimed = true;
    const { rung } = await this.engine.prove(shape, { backend, threads });
    aborted.throwIfAborted();
    const { layerTimes, headTimes, frameMs, handoverMs, isAnew } = await this.engine.measure(shape, rung, {
      layers: true,
      head,
    });
    aborted.throwIfAborted();
    this.#isTimed = false;
    const loadBytesPerMs = this.engine.loadRate(shape, rung);
    this.#control?.send({
      type: "profile",
      epoch,
      backend: rung.backend,
      unpacks: unpacks(rung),
      ...{ layerTimes, headTimes: head ? headTimes : [], frameMs, handoverMs, isAnew },
      ...(loadBytesPerMs === null ? {} : { loadBytesPerMs }),
    });
  }

  async #probe({ epoch, to }: Extract<HostMessage, { type: "probe" }>, aborted: AbortSignal): Promise<void> {
    const link = await probe(this.#links, to, aborted);
    if (!aborted.aborted) this.#control?.send({ type: "probed", epoch, to, link });
  }

  async #load(assign: AssignMessage, aborted: AbortSignal): Promise<void> {
    this.#assign = assign;
    this.#progress("checking", 0, 1);
    const proven = await this.engine.prove(assign.checkpoint.shape, assign);
    aborted.throwIfAborted();
    const { shape } = assign.checkpoint;
    this.#usualBytesPerMs = this.engine.loadRate(shape, proven.rung);
    const loaded = await this.engine.api.loadShare(assign, proven.rung);
    if (aborted.aborted) return;
    if (!loaded.ok) throw new EngineError(loaded.reason, loaded.message);
    this.engine.keepLoad(shape, proven.rung, loaded.value.loaded);
    if (this.#roomState.value.kind !== "connected") this.#progress("waiting", 1, 1);
    await whenConnected(this.#roomState, aborted);
    this.#progress("linking", 1, 1);
    await this.#ring.connect(assign.next, aborted);
    if (aborted.aborted) return;
    const scores = assign.head === true;
    this.#state.value = { kind: "ready", layers: layersOf(assign), scores, backend: proven.rung.name };
    this.#control?.send({
      type: "ready",
      epoch: assign.epoch,
      stage: assign.stageIndex,
      backend: proven.rung.backend,
      threads: assign.threads,
      knownAnswer: { maxError: proven.maxError, fallbacks: proven.fallbacks, ms: proven.ms },
      fetchedBytes: loaded.value.fetchedBytes,
      loaded: loaded.value.loaded,
    });
  }

  #serve(epoch: number): void {
    const state = this.#state.value;
    if (state.kind !== "ready" || this.#assign?.epoch !== epoch) return;
    const { ring, names = [] } = this.#assign;
    const others = ring.flatMap((seat, i) => (seat === "host" || seat === this.self ? [] : (names[i] ?? [])));
    this.#state.value = { ...state, kind: "serving", tokens: 0, others: [...new Set(others)] };
    this.#probes.close();
    this.#ring.settle();
  }

  #release(message: string, hasHost = true): void {
    this.#drop();
    // What went wrong stays to be read until it is tried again.
    const { kind } = this.#state.value;
    if (kind !== "left" && kind !== "failed") this.#state.value = { kind: "waiting", hasHost, message };
  }

  #progress(phase: Phase, loadedBytes: number, totalBytes: number): void {
    const assign = this.#assign;
    if (assign === null) return;
    const usualBytesPerMs = this.#usualBytesPerMs;
    this.#state.value = { kind: "loading", layers: layersOf(assign), phase, loadedBytes, totalBytes, usualBytesPerMs };
    this.#control?.send({ type: "progress", epoch: assign.epoch, phase, loadedBytes, totalBytes });
  }

  async #report(): Promise<void> {
    if (this.#control === null || this.#state.value.kind !== "serving") return;
    const { fetchedBytes, memoryBytes, runs, rows, computeMs } = await this.engine.api.stats();
    this.#control?.send({ type: "stats", fetchedBytes, memoryBytes, runs, computeMs });
    const state = this.#state.value;
    if (state.kind === "serving" && state.tokens !== rows) this.#state.value = { ...state, tokens: rows };
  }

  /** `from`: whose frames did it. `what`: as the host tells it. False: this page has ended or failed already. */
  #failed(reason: FailureReason, message: string, from?: Seat, what = message): boolean {
    if (this.#state.value.kind === "left" || this.#state.value.kind === "failed") return false;
    const fault = { reason, message: what.slice(0, 1000), ...(from === undefined ? {} : { from }) };
    // Before the links end: the host is to hear the cause before a neighbour tells of a link that was lost.
    this.#control?.send({ type: "failed", epoch: this.#epoch, ...fault });
    this.#drop();
    this.#culprit = from ?? null;
    this.#state.value = { kind: "failed", reason, message };
    return true;
  }

  #seatOf(peer: PeerId): Seat {
    return peer === this.#host ? "host" : peer;
  }

  #nameOf(seat: Seat): string {
    if (seat === "host") return texts.session.theHost;
    const at = this.#assign?.ring.indexOf(seat) ?? -1;
    return this.#assign?.names?.[at] ?? texts.session.aNeighbour;
  }
}

function layersOf({ layers, checkpoint }: AssignMessage): Layers {
  return { ...layers, of: checkpoint.shape.L };
}
