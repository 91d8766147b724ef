/** The host: opens the room, knows its donors, has a ring put together, and asks it. */
import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { LapEvent } from "@jupiter/pipeline";
import { PlannerError, type Move, type PlanRequest, type Served } from "@jupiter/planner";
import { Emitter, type PeerId, type Seat, type TypedEvents } from "@jupiter/protocol";
import type { Room, RoomCredentials, RoomState } from "@jupiter/room";
import type { PeerLinks } from "@jupiter/transport";
import type { AnswerEvent, AskOptions } from "../engine/api.ts";
import { EngineError, type Engine } from "../engine/engine.ts";
import type { RingTrouble } from "../state/trouble.ts";
import { texts } from "../texts/index.ts";
import { abortable } from "./abortable.ts";
import { OPEN_DOOR, type Admissions, type Asking } from "./admission.ts";
import { AskDesk } from "./ask-desk.ts";
import { ASK_EACH, type AskRules } from "./ask-rules.ts";
import { BulkServer } from "./bulk-server.ts";
import { DraftPart } from "./draft-part.ts";
import { DonorLost, type Device, type DonorProxy } from "./donor-proxy.ts";
import { DriftWatch } from "./drift-watch.ts";
import { Foretelling } from "./foretelling.ts";
import { Guests } from "./guests.ts";
import { LinkSurvey } from "./link-survey.ts";
import { Replanning } from "./replanning.ts";
import { RingAssembly } from "./ring-assembly.ts";
import { RingLinks } from "./ring-links.ts";
import { seatsBefore, type RingOptions, type RingState } from "./ring.ts";
import { whenConnected } from "./when-connected.ts";
import { suspect, suspicionsOf, UNSUSPICIOUS, type Suspicions } from "./suspicions.ts";

/** What a session works through; of host and donor alike. */
export interface SessionParts {
  readonly room: Room;
  readonly links: PeerLinks;
  readonly engine: Engine;
}

/** Over a reload of the host's tab. */
export interface KeptByHost {
  readonly admissions: Admissions;
  readonly askRules: AskRules;
}

const NOTHING_KEPT: KeptByHost = { admissions: OPEN_DOOR, askRules: ASK_EACH };

interface HostEvents {
  readonly answer: AnswerEvent;
  readonly lap: LapEvent;
  /** A device is in the room again under another id. */
  readonly returned: { readonly former: PeerId; readonly peer: PeerId };
}

/**
 * Invariants:
 * 1. at most one ring at a time; every start has an epoch of its own, and what belongs to an earlier one is ignored;
 * 2. the ring is ready only when every stage has said so for this epoch and every link between neighbours stands;
 * 3. a start that was given up does nothing any more, and what it had begun is undone;
 * 4. whatever ends a ring leaves the room, the donors and all text as they are.
 */
export class HostSession {
  readonly devices: ReadonlySignal<readonly Device[]>;
  /** Devices that wait to be let in. */
  readonly asking: ReadonlySignal<readonly Asking[]>;
  readonly admissions: ReadonlySignal<Admissions>;
  /** What follows the page's address in the invitation, from `#` on. Changes when a device is removed. */
  readonly link: ReadonlySignal<string>;
  /** Opens this room again; changes with the link. */
  readonly credentials: ReadonlySignal<RoomCredentials | null>;
  readonly ring: ReadonlySignal<RingState>;
  /** What the ring that stands was planned from; null where nothing was measured. */
  readonly plannedFrom = signal<PlanRequest | null>(null);
  readonly foretelling: Foretelling;
  readonly room: ReadonlySignal<RoomState>;
  /** What the server delivered and no member sent. */
  readonly suspicions: ReadonlySignal<Suspicions>;
  /** What members sent that have no part in it. */
  readonly strays: ReadonlySignal<Suspicions>;
  /** The last word of this browser's store for weights, if it had one. */
  readonly storage = signal<string | null>(null);
  /** Name of the device that was removed last; null: none was. */
  readonly removed = signal<string | null>(null);
  readonly events: TypedEvents<HostEvents>;
  /** Of this ring and the earlier ones. */
  readonly engine: Engine;
  readonly draft: DraftPart;
  /** Questions from donors' pages. */
  readonly asks: AskDesk;
  readonly #room: Room;
  readonly #roomState: Signal<RoomState>;
  readonly #ring = signal<RingState>({ kind: "none" });
  readonly #guests: Guests;
  /** A new object whenever the room's key changes. */
  readonly #credentials: Signal<RoomCredentials | null>;
  readonly #emitter = new Emitter<HostEvents>();
  readonly #links: PeerLinks;
  readonly #neighbours: RingLinks;
  readonly #bulk = new BulkServer();
  readonly #assembly: RingAssembly;
  /** Of the ring that stands or is put together. */
  #options: RingOptions | null = null;
  readonly #drift = new DriftWatch({
    tell: (seat, factor) => seat !== "host" && this.#guests.get(seat)?.drifts(factor),
  });
  readonly #replanning = new Replanning({
    factors: () => this.#drift.factors,
    move: (move) => this.#moveLayers(move),
  });
  #epoch = 0;
  /** What the start that is under way does. */
  #said = "";
  /** Of the start that is under way. */
  #starting: AbortController | null = null;
  /** Donors of the ring that runs or starts. */
  #taking: readonly PeerId[] = [];
  /** Its stages; none until they are planned. */
  #ringSeats: readonly Seat[] = [];

  /** Takes the room over: leaving ends it. Made by `compose.ts`. */
  constructor({ room, links, engine }: SessionParts, { admissions, askRules }: KeptByHost = NOTHING_KEPT) {
    this.#room = room;
    this.#links = links;
    this.engine = engine;
    this.draft = new DraftPart(engine);
    this.foretelling = new Foretelling((served) => this.#keepServed(served));
    this.#roomState = signal<RoomState>(room.state);
    this.room = this.#roomState;
    this.ring = this.#ring;
    this.events = this.#emitter;
    this.suspicions = suspicionsOf(room);
    const strays = signal(UNSUSPICIOUS);
    this.strays = strays;
    this.#credentials = signal(room.credentials);
    this.credentials = this.#credentials;
    this.link = computed(() => (this.#credentials.value, room.link));
    this.asks = new AskDesk(
      {
        tell: (peer, message) => this.#guests.get(peer)?.send(message),
        // While a ring is put together too: a question that was on its way when layers began to move waits for them.
        serves: (peer) => this.#taking.includes(peer),
        ask: (options) => this.ask(options),
        stopAnswer: (id) => this.stopAnswer(id),
        closeConversation: (id) => this.closeConversation(id),
        newId: () => crypto.randomUUID(),
        nowMs: () => performance.now(),
      },
      askRules,
    );
    this.#guests = new Guests({
      room,
      links,
      admissions,
      failed: (peer, why, message) => this.#taking.includes(peer) && this.#lose(why, message),
      gone: (peer, why, message) => {
        this.asks.left(peer);
        if (this.#taking.includes(peer)) this.#lose(why, message);
      },
      canAsk: (peer) => this.asks.greet(peer),
      asked: (peer, message) => {
        if (message.type === "ask") this.asks.receive(peer, message);
        else this.asks.stopTheirs(peer, message.id);
      },
      returned: (former, peer) => {
        this.asks.returned(former, peer);
        this.#emitter.emit("returned", { former, peer });
      },
      accused: (by, whom, message) => this.#accused(by, whom, message),
    });
    this.devices = this.#guests.devices;
    this.asking = this.#guests.asking;
    this.admissions = this.#guests.admissions;
    this.#neighbours = new RingLinks({
      links: this.#links,
      engine: this.engine,
      peerAt: (seat) => (seat === "host" ? null : seat),
      seatOf: (peer) => peer,
      framesAhead: 0,
      isBefore: (seat) => seatsBefore("host", this.#ringSeats).includes(seat),
      strayed: (peer, what) => suspect(strays, `${this.#nameOf(peer)} ${what}`),
      broke: (seat, what) => seat !== "host" && this.#blame(seat, texts.guests.sentNonsense(this.#nameOf(seat), what)),
      lost: (_, message) => this.#lose("link", texts.session.ringLinkLost(message)),
    });
    const donor = (peer: PeerId) => this.#donor(peer);
    this.#assembly = new RingAssembly({
      engine: this.engine,
      donor,
      survey: new LinkSurvey({ links: this.#links, donor, nowMs: () => performance.now() }),
      neighbours: this.#neighbours,
      bulk: this.#bulk,
      draft: this.draft,
      planned: (seats) => this.#planned(seats),
      connected: (signal) => whenConnected(this.#roomState, signal),
    });
    this.#ring.subscribe((ring) => {
      if (ring.kind === "ready") this.asks.ringReady(this.#options?.arenas ?? 1);
      else if (ring.kind === "starting") this.asks.ringMoves(ring.message);
      else if (ring.kind === "lost") this.asks.ringLost(ring.message);
    });
    this.#emitter.on("answer", (event) => this.asks.take(event));
    room.events.on("state", (state) => (this.#roomState.value = state));
    this.#links.events.on("incoming", (incoming) => {
      if (incoming.channel === "activations") this.#neighbours.accept(incoming);
      else if (incoming.channel === "bulk" && this.#taking.includes(incoming.from))
        this.#bulk.accept(incoming.from, incoming.link);
      else void incoming.link.close();
    });
    this.engine.events.on("cancel", ({ frames }) =>
      this.#taking.forEach((peer) => this.#guests.get(peer)?.cancel(frames)),
    );
    this.engine.events.on("progress", ({ phase }) => {
      const message = phase === "waiting" ? texts.session.awaitingSource : this.#said;
      const ring = this.#ring.peek();
      if (ring.kind === "starting" && ring.message !== message) this.#ring.value = { kind: "starting", message };
    });
    this.engine.events.on("storage", ({ message }) => (this.storage.value = message));
    this.engine.events.on("failed", ({ from, reason, message }) => {
      if (from === null || from === "host") {
        this.#lose(reason, message);
        // A lost GPU, say, would be in the next ring too.
        this.engine.endWorker();
        this.#replanning.forget();
      } else this.#neighbours.fault(from, texts.guests.nonsense(message));
    });
    this.engine.events.on("token", (event) => this.#emitter.emit("answer", event));
    this.engine.events.on("points", (event) => this.#emitter.emit("answer", event));
    this.engine.events.on("finished", (event) => {
      this.foretelling.answered(event.id);
      this.#emitter.emit("answer", event);
      this.#replanning.answered(event.id);
    });
    this.engine.events.on("lap", (event) => {
      this.#drift.observe(event);
      this.foretelling.observe(event);
      this.#emitter.emit("lap", event);
    });
  }

  get self(): PeerId {
    return this.#room.self;
  }

  /** The server offers a way round networks that keep devices apart. */
  get hasRelay(): boolean {
    return this.#room.turn !== null;
  }

  /** Bytes that this tab has sent to neighbours, by seat. */
  get sentBytes(): ReadonlyMap<Seat, number> {
    return this.#neighbours.sentBytes;
  }

  /**
   * Puts the ring together; another one that runs or starts is given up. Resolves when it can be asked; rejects with an error whose message
   * says what went wrong, and so does the ring's state. One that runs is kept, and this rejected, where the new one could not come about
   * (`missesServer`).
   */
  async start(options: RingOptions): Promise<void> {
    if (this.#ring.value.kind === "ready" && this.missesServer(options))
      throw new EngineError("link", texts.room.needsServer);
    this.#lose("stale-plan", texts.session.startedAnew);
    await this.#start(options);
  }

  /** A ring like this needs the server, and it is away: new links are arranged through it, and models that it lists are read there. */
  missesServer({ donors, model }: Pick<RingOptions, "donors" | "model">): boolean {
    const isOfServer = typeof model.source === "string" && model.source.startsWith("/");
    return this.#roomState.value.kind !== "connected" && (donors.length > 0 || isOfServer);
  }

  /** `taking`: who may not go before the new plan has told who computes. */
  async #start(
    options: RingOptions,
    move: Move | null = null,
    taking: readonly PeerId[] = options.donors,
  ): Promise<void> {
    const epoch = ++this.#epoch;
    this.#options = options;
    const { signal } = (this.#starting = new AbortController());
    this.#taking = taking;
    this.#ring.value = { kind: "starting", message: move === null ? texts.session.assembling : texts.session.moving };
    try {
      await abortable(this.#free(move !== null), signal);
      const say = (message: string) => {
        signal.throwIfAborted();
        this.#said = message;
        this.#ring.value = { kind: "starting", message };
      };
      const needsServer = () => this.missesServer({ model: options.model, donors: this.#taking });
      const start = { epoch, say, signal, needsServer };
      const { ring, standing, foretold } = await this.#assembly.assemble(options, start, move);
      signal.throwIfAborted();
      batch(() => {
        this.#ring.value = ring;
        this.plannedFrom.value = standing?.request ?? null;
        this.foretelling.begin(foretold);
      });
      this.#drift.begin(ring.plan, (seat) => (seat === "host" ? 1 : (this.#donor(seat).device.value.drift ?? 1)));
      this.#starting = null;
      if (standing !== null && options.moves === true) this.#replanning.begin(standing);
    } catch (error) {
      if (!signal.aborted) {
        batch(() => {
          this.#lose(troubleOf(error), error instanceof Error ? error.message : String(error));
          // The ring worked before its layers moved: it is put together once more, as if somebody had pressed the button.
          if (move !== null && options.donors.every((peer) => this.#guests.get(peer) !== undefined))
            this.#start(options).catch(() => undefined);
        });
      }
      throw error;
    }
  }

  /** Gives the ring up; donors stay in the room. */
  async end(reason: string): Promise<void> {
    this.#lose("stale-plan", reason);
    await this.#free();
  }

  /** The answer comes as `answer` events with this id. */
  ask(options: AskOptions): void {
    this.#replanning.asked(options.id);
    this.foretelling.asked(options.id);
    void this.engine.api.ask(options);
  }

  /** Null: no engine runs, or it has no model open. */
  async promptTokens(question: Pick<AskOptions, "conversation" | "prompt">): Promise<number | null> {
    return (await this.engine.running?.promptTokens(question)) ?? null;
  }

  stopAnswer(id: string): void {
    void this.engine.running?.stopAnswer(id);
  }

  closeConversation(conversation: string): void {
    void this.engine.running?.closeConversation(conversation);
  }

  /** From now on, devices that open the link wait until they are let in; or no more. */
  setAsksFirst(asksFirst: boolean): void {
    this.#guests.setAsksFirst(asksFirst);
  }

  letIn(peer: PeerId): void {
    this.#guests.letIn(peer);
  }

  refuse(peer: PeerId): void {
    this.#guests.refuse(peer);
  }

  rename(peer: PeerId, name: string): void {
    this.#guests.rename(peer, name);
  }

  /** Takes a device out for good: the link changes, and a ring without it goes on. */
  async remove(peer: PeerId): Promise<void> {
    const name = this.#nameOf(peer);
    if (this.#taking.includes(peer)) this.#lose("removed", texts.guests.wasRemoved(name), texts.session.oneRemoved);
    this.asks.left(peer);
    this.#neighbours.expel(peer);
    this.#bulk.expel(peer);
    await this.#guests.remove(peer, () => (this.#credentials.value = this.#room.credentials));
    this.removed.value = name;
  }

  /** Closes the room; every donor's page says so. */
  async leave(): Promise<void> {
    await this.end(texts.guests.left.closed.title);
    await this.#guests.close();
    this.#room.leave();
    this.engine.dispose();
  }

  /** `keepsLayers`: for the next ring of the same model. */
  async #free(keepsLayers = false): Promise<void> {
    await this.#neighbours.close();
    const { running } = this.engine;
    await (keepsLayers ? running?.holdShares() : running?.dropShares())?.catch((error: unknown) => {
      // A worker that was ended meanwhile has dropped them.
      if (!(error instanceof EngineError)) throw error;
    });
  }

  #donor(peer: PeerId): DonorProxy {
    const donor = this.#guests.get(peer);
    if (donor === undefined) throw new DonorLost("left", texts.session.deviceOfPlanLeft);
    return donor;
  }

  /** Of all that were asked, those without a seat are free again, and may go without an end to the ring. */
  #planned(seats: readonly Seat[]): void {
    this.#ringSeats = seats;
    for (const peer of this.#taking)
      if (!seats.includes(peer)) this.#guests.get(peer)?.send({ type: "release", reason: texts.session.leftOut });
    this.#taking = this.#taking.filter((peer) => seats.includes(peer));
  }

  /** A device alone takes the same at its next start; of others nothing is known here of what they compute on. */
  #keepServed(served: Served): void {
    const ring = this.#ring.peek();
    if (ring.kind !== "ready" || ring.places.some(({ seat }) => seat !== "host")) return;
    this.engine.keepServed(ring.checkpoint.shape, ring.host.rung, served);
  }

  /** The ring's devices have changed: another one takes its place, and what is read stays as it is. */
  #moveLayers(move: Move): void {
    const options = this.#options;
    // One that the server does not see could make no links.
    const listed = new Set(this.#room.members.map(({ peer }) => peer));
    const next = move.plan.stages.flatMap(({ seat }) => (seat === "host" ? [] : [seat]));
    const areThere = next.every((peer) => listed.has(peer) && this.#guests.get(peer) !== undefined);
    if (options === null || this.#ring.value.kind !== "ready" || !areThere) return;
    if (this.missesServer(options)) return; // Asked again after the next answer.
    const taking = [...new Set([...this.#taking, ...next])];
    // Nobody is told of an end: for those who look, the ring is put together again.
    batch(() => {
      this.#lose("stale-plan", texts.session.startedAnew, texts.session.moving, true);
      // What goes wrong is the ring's state.
      this.#start(options, move, taking).catch(() => undefined);
    });
  }

  /** `toDonors`: what they are told. `keepsLayers`: the same model's next ring comes at once. */
  #lose(why: RingTrouble, message: string, toDonors = texts.session.givenUp, keepsLayers = false): void {
    const { kind } = this.#ring.value;
    if (kind !== "ready" && kind !== "starting") return;
    this.#epoch++;
    this.#replanning.end();
    this.plannedFrom.value = null;
    this.foretelling.end();
    this.#ring.value = { kind: "lost", reason: why, message };
    this.#starting?.abort(new EngineError("internal", message));
    this.#starting = null;
    // What a worker loads for a ring that nobody wants would be in the way of the next one.
    if (kind === "starting") {
      this.engine.endWorker();
      this.#replanning.forget();
    } else void this.engine.running?.ringLost(message);
    for (const peer of this.#taking) {
      this.#guests.get(peer)?.send({ type: "release", reason: toDonors, ...(keepsLayers ? { keepsLayers } : {}) });
    }
    this.#taking = [];
    this.#ringSeats = [];
    this.#drift.end();
    void this.#neighbours.close();
    this.#bulk.close();
  }

  /** Its frames make no sense: the ring ends, and the device stays in the room for people to decide about. */
  #blame(peer: PeerId, message: string): void {
    this.#guests.get(peer)?.blame(message);
    this.#lose("bad-frame", message);
  }

  /** Which of the two is at fault cannot be known from here, so people are told of both. */
  #accused(by: PeerId, whom: Seat, message: string): boolean {
    if (whom === "host" || !seatsBefore(by, this.#ringSeats).includes(whom)) return false;
    this.#blame(whom, texts.guests.accusation(this.#nameOf(by), this.#nameOf(whom), message));
    return true;
  }

  #nameOf(peer: PeerId): string {
    return this.#guests.get(peer)?.device.peek().name ?? texts.guests.unknownDevice;
  }
}

function troubleOf(error: unknown): RingTrouble {
  if (error instanceof DonorLost || error instanceof EngineError) return error.reason;
  // A `TransportError`, by its name: adapters are not imported here.
  if (error instanceof Error && error.name === "TransportError") return "link";
  return error instanceof PlannerError ? "unsupported" : "internal";
}
