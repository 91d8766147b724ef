/** The host: opens the room, knows its donors, puts the ring together, and asks it. */
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Checkpoint } from "@jupiter/model";
import type { DecodingChoice, LapEvent, LayerRange } from "@jupiter/pipeline";
import {
  Emitter,
  type AssignMessage,
  type PeerId,
  type Seat,
  type TypedEvents,
  type WireType,
} from "@jupiter/protocol";
import type { Room, RoomCredentials, RoomState } from "@jupiter/room";
import type { PeerLinks } from "@jupiter/transport";
import { PlannerError, type Plan } from "@jupiter/planner";
import type { LayerTime } from "@jupiter/runtime";
import { unpacks as unpacksWeights } from "@jupiter/runtime/ladder";
import type { AnswerEvent, AskOptions, ModelSource, Outcome } from "../engine/api.ts";
import { EngineError, type Engine, type ComputeWish, type Proven } from "../engine/engine.ts";
import type { RingTrouble } from "../state/trouble.ts";
import { OPEN_DOOR, type Admissions, type Asking } from "./admission.ts";
import { BulkServer } from "./bulk-server.ts";
import { DonorLost, type Device, type DonorProxy } from "./donor-proxy.ts";
import { FileHashes } from "./file-hashes.ts";
import { Guests } from "./guests.ts";
import { LinkSurvey } from "./link-survey.ts";
import { placeLayers, type HostLayers, type PlaceDevice } from "./place-layers.ts";
import { RingLinks } from "./ring-links.ts";
import { suspect, suspicionsOf, UNSUSPICIOUS, type Suspicions } from "./suspicions.ts";
import { texts } from "../texts/index.ts";

export interface Model {
  readonly id: string;
  readonly title: string;
  /** Where its bytes are: a path of this server, an http(s) address, or a file that a person chose on this device. */
  readonly source: ModelSource;
}

export interface RingOptions {
  readonly model: Model;
  /** The donors that take part, in ring order. */
  readonly donors: readonly PeerId[];
  readonly hostLayers: HostLayers;
  /** Layers per stage in ring order, the host's shares included; without it the planner splits by measured times. */
  readonly layers?: readonly number[];
  /** What this tab may hold; without it there is no limit, as a browser's own word is a coarse hint. */
  readonly hostMemoryBytes?: number;
  readonly compute: ComputeWish;
  readonly wire: WireType;
  /** Slots per conversation. */
  readonly capacity: number;
  /** Conversations whose cache is kept at once. */
  readonly arenas: number;
  /** Rows of a chunk of a prompt; without it the plan's table cuts prompts, if devices were measured. */
  readonly chunkRows?: number;
  /** Chunks of one prompt on their way at once, at least. */
  readonly maxInFlight: number;
  /** Of answers that do not say; plain if not told. */
  readonly decoding?: DecodingChoice;
}

/** One stage's place in the ring. */
export interface Place {
  readonly seat: Seat;
  readonly layers: LayerRange;
}

export type RingState =
  | { readonly kind: "none" }
  | { readonly kind: "starting"; readonly message: string }
  | {
      readonly kind: "ready";
      readonly model: Model;
      readonly checkpoint: Checkpoint;
      readonly places: readonly Place[];
      /** Null: nothing was measured, so nothing is foretold. */
      readonly plan: Plan | null;
      readonly host: HostPart;
    }
  | { readonly kind: "lost"; readonly reason: RingTrouble; readonly message: string };

/** What the host's own tab holds. */
export interface HostPart {
  readonly rung: string;
  readonly backend: string;
  readonly fallbacks: readonly string[];
  readonly fetchedBytes: number;
  readonly memoryBytes: number;
  readonly inPlace: boolean;
}

/** What a session works through; of host and donor alike. */
export interface SessionParts {
  readonly room: Room;
  readonly links: PeerLinks;
  readonly engine: Engine;
}

interface HostEvents {
  readonly answer: AnswerEvent;
  readonly lap: LapEvent;
}

interface Assembling {
  readonly epoch: number;
  readonly proven: Proven;
  readonly say: (message: string) => void;
  readonly signal: AbortSignal;
}

const PLAINLY: DecodingChoice = { strategy: "plain", drafters: [] };
/** Where nothing was measured: what keeps a stage of one core busy without making the ring wait; found by `npm run bench`. */
const UNMEASURED_CHUNK_ROWS = 64;

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
  readonly room: ReadonlySignal<RoomState>;
  /** What the server delivered and no member sent. */
  readonly suspicions: ReadonlySignal<Suspicions>;
  /** What members sent that have no part in it. */
  readonly strays: ReadonlySignal<Suspicions>;
  /** The last word of this browser's store for weights, if it had one. */
  readonly storage = signal<string | null>(null);
  readonly events: TypedEvents<HostEvents>;
  /** Of this ring and the earlier ones. */
  readonly engine: Engine;
  readonly #room: Room;
  readonly #roomState: Signal<RoomState>;
  readonly #ring = signal<RingState>({ kind: "none" });
  readonly #guests: Guests;
  /** A new object whenever the room's key changes. */
  readonly #credentials: Signal<RoomCredentials | null>;
  readonly #emitter = new Emitter<HostEvents>();
  readonly #links: PeerLinks;
  readonly #neighbours: RingLinks;
  readonly #survey: LinkSurvey;
  readonly #bulk = new BulkServer();
  readonly #fileHashes = new FileHashes();
  #epoch = 0;
  /** Of the start that is under way. */
  #starting: AbortController | null = null;
  /** Donors of the ring that runs or starts. */
  #taking: readonly PeerId[] = [];
  /** Its stages; none until they are planned. */
  #ringSeats: readonly Seat[] = [];

  /** Takes the room over: leaving ends it. Made by `compose.ts`. */
  constructor({ room, links, engine }: SessionParts, admissions = OPEN_DOOR) {
    this.#room = room;
    this.#links = links;
    this.engine = engine;
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
    this.#guests = new Guests({
      room,
      links,
      admissions,
      failed: (peer, why, message) => this.#taking.includes(peer) && this.#lose(why, message),
      gone: (peer, why, message) => this.#taking.includes(peer) && this.#lose(why, message),
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
    this.#survey = new LinkSurvey({
      links: this.#links,
      donor: (peer) => this.#donor(peer),
      nowMs: () => performance.now(),
    });
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
    this.engine.events.on("storage", ({ message }) => (this.storage.value = message));
    this.engine.events.on("failed", ({ from, reason, message }) => {
      if (from === null || from === "host") this.#lose(reason, message);
      else this.#neighbours.fault(from, texts.guests.nonsense(message));
    });
    this.engine.events.on("token", (event) => this.#emitter.emit("answer", event));
    this.engine.events.on("points", (event) => this.#emitter.emit("answer", event));
    this.engine.events.on("finished", (event) => this.#emitter.emit("answer", event));
    this.engine.events.on("lap", (event) => this.#emitter.emit("lap", event));
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
   * says what went wrong, and so does the ring's state.
   */
  async start(options: RingOptions): Promise<void> {
    this.#lose("stale-plan", texts.session.startedAnew);
    const epoch = ++this.#epoch;
    const { signal } = (this.#starting = new AbortController());
    this.#taking = options.donors;
    this.#ring.value = { kind: "starting", message: texts.session.assembling };
    try {
      await abortable(this.#free(), signal);
      const ready = await this.#assemble(options, epoch, signal);
      signal.throwIfAborted();
      this.#ring.value = ready;
      this.#starting = null;
    } catch (error) {
      if (!signal.aborted) this.#lose(troubleOf(error), error instanceof Error ? error.message : String(error));
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
    void this.engine.api.ask(options);
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
    if (this.#taking.includes(peer)) this.#lose("left", texts.guests.wasRemoved(this.#donor(peer).device.value.name));
    this.#neighbours.expel(peer);
    this.#bulk.expel(peer);
    await this.#guests.remove(peer, () => (this.#credentials.value = this.#room.credentials));
  }

  /** Closes the room; every donor's page says so. */
  async leave(): Promise<void> {
    await this.end(texts.guests.left.closed.title);
    await this.#guests.close();
    this.#room.leave();
    this.engine.dispose();
  }

  async #free(): Promise<void> {
    await this.#neighbours.close();
    await this.engine.running?.dropShares().catch((error: unknown) => {
      // A worker that was ended meanwhile has dropped them.
      if (!(error instanceof EngineError)) throw error;
    });
  }

  /** Whatever it waits for ends when `signal` aborts, and nothing of it is done after that. */
  async #assemble(options: RingOptions, epoch: number, signal: AbortSignal): Promise<RingState> {
    const { model, compute, wire } = options;
    const say = (message: string) => {
      signal.throwIfAborted();
      this.#ring.value = { kind: "starting", message };
    };
    say(texts.session.reading(model.title));
    const { checkpoint } = await abortable(this.#openModel(model), signal);
    say(texts.session.proving);
    const { running } = this.engine;
    const proven = await abortable(this.engine.prove(checkpoint.shape, compute), signal);
    // The proof may have taken another worker, in which nothing is open.
    if (this.engine.running !== running) await abortable(this.#openModel(model), signal);
    const { places, plan } = await this.#place(options, checkpoint, { epoch, proven, say, signal });
    this.#ringSeats = places.map(({ seat }) => seat);
    const told = await abortable(this.#toldOf(model, checkpoint, places, say), signal);
    say(texts.session.loading);
    const assigns = places.map((place, index) => assignOf(options, told, epoch, places, place, index));
    const ready = places.flatMap(({ seat }, index) => {
      const assign = assigns[index];
      if (seat === "host" || assign === undefined) return [];
      const answer = this.#donor(seat).expect("ready", epoch);
      this.#donor(seat).send(assign);
      return [answer];
    });
    const [host] = await abortable(Promise.all([this.#loadHostPart(assigns, proven), ...ready]), signal);
    const [first, last] = [places[0], places.at(-1)];
    if (first === undefined || last === undefined) throw new EngineError("internal", texts.session.noStages);
    say(texts.session.linking);
    for (const [index, { seat }] of places.entries()) {
      const next = places[index + 1]?.seat;
      if (seat !== "host" || next === undefined || next === "host") continue;
      await abortable(this.#neighbours.connect(next, signal), signal);
    }
    if (first.seat !== "host") await abortable(this.#neighbours.connect(first.seat, signal), signal);
    for (const { seat } of places) if (seat !== "host") this.#donor(seat).send({ type: "serve", epoch });
    const { capacity, arenas, maxInFlight, decoding = PLAINLY } = options;
    const chunkRows = options.chunkRows ?? plan?.pipe ?? UNMEASURED_CHUNK_ROWS;
    const shape = { stages: places.length, first: first.seat, last: last.seat };
    const settings = { epoch, capacity, arenas, chunkRows, maxInFlight, decoding, wire, ...shape };
    await abortable(this.engine.api.ringReady(settings), signal);
    this.#neighbours.settle();
    return { kind: "ready", model, checkpoint, places, plan, host };
  }

  async #openModel({ source, id }: Model): Promise<{ readonly checkpoint: Checkpoint }> {
    const opened = await this.engine.api.openModel(source, id);
    if (!opened.ok) throw new EngineError(opened.reason, opened.message);
    return opened.value;
  }

  /** The checkpoint as donors are told of it: of a file that only the host has, it says what each tensor's bytes must be. */
  async #toldOf(
    { source, title }: Model,
    checkpoint: Checkpoint,
    places: readonly Place[],
    say: (message: string) => void,
  ): Promise<Checkpoint> {
    this.#bulk.file = source instanceof File ? source : null;
    if (!(source instanceof File)) return checkpoint;
    say(texts.session.hashing(title));
    const theirs = places.filter(({ seat }) => seat !== "host").map((place) => tensorsOf(place));
    return this.#fileHashes.fill(this.engine, source, checkpoint, (name) => theirs.some((of) => of.test(name)));
  }

  async #loadHostPart(assigns: readonly AssignMessage[], { rung, fallbacks }: Proven): Promise<HostPart> {
    let part: HostPart = {
      rung: rung.name,
      backend: rung.backend,
      fallbacks,
      fetchedBytes: 0,
      memoryBytes: 0,
      inPlace: true,
    };
    const loads = [
      ...assigns
        .filter(({ ring, stageIndex }) => ring[stageIndex] === "host")
        .map((assign) => () => this.engine.api.loadShare(assign, rung)),
      () => this.engine.api.loadHead(rung),
    ];
    for (const load of loads) {
      const loaded = await load();
      if (!loaded.ok) throw new EngineError(loaded.reason, loaded.message);
      part = {
        ...part,
        fetchedBytes: part.fetchedBytes + loaded.value.fetchedBytes,
        memoryBytes: part.memoryBytes + loaded.value.memoryBytes,
        inPlace: part.inPlace && loaded.value.inPlace,
      };
    }
    return part;
  }

  async #place(
    options: RingOptions,
    checkpoint: Checkpoint,
    { epoch, proven, say, signal }: Assembling,
  ): Promise<{ readonly places: readonly Place[]; readonly plan: Plan | null }> {
    const { donors, hostLayers, layers, compute, capacity, arenas, hostMemoryBytes = Infinity } = options;
    const place = (devices: readonly PlaceDevice[]) =>
      placeLayers({
        checkpoint,
        hostLayers,
        capacity,
        arenas,
        layers,
        devices,
        link: (from, to) => this.#survey.cost(from, to),
      });
    const host = {
      seat: "host",
      name: texts.session.theHost,
      memoryBytes: hostMemoryBytes,
      backend: proven.rung.backend,
      unpacks: unpacksWeights(proven.rung),
    } as const;
    // Nothing to weigh, so nothing to measure.
    if (layers !== undefined || hostLayers === "all" || donors.length === 0) {
      const unmeasured = donors.map((peer) => ({ ...host, seat: peer, name: this.#donor(peer).device.value.name }));
      const { stages } = place([...unmeasured, host].map((device) => ({ ...device, layerTimes: [] })));
      return { places: stages.map(({ seat, layers }) => ({ seat, layers })), plan: null };
    }
    const devices: PlaceDevice[] = [];
    await this.#survey.measure(donors, {
      ...{ epoch, signal },
      say: ({ from, to }) =>
        say(texts.plan.measuringLink(from === "host" ? null : this.#nameOf(from), this.#nameOf(to))),
    });
    // One after the other: devices of one machine would slow each other down.
    for (const peer of donors) {
      const { name, memoryPledgeBytes, roundTripMs } = this.#donor(peer).device.value;
      say(texts.session.timing(name));
      const answer = this.#donor(peer).expect("profile", epoch);
      this.#donor(peer).send({ type: "profile", epoch, shape: checkpoint.shape, ...compute });
      const { backend, unpacks, layerTimes } = await abortable(answer, signal);
      devices.push({
        seat: peer,
        name,
        layerTimes: measured(layerTimes),
        memoryBytes: memoryPledgeBytes,
        backend,
        unpacks,
        roundTripMs,
      });
    }
    if (hostLayers !== "none") {
      const profile = await abortable<Outcome<readonly LayerTime[]>>(
        this.engine.api.profile(checkpoint.shape, proven.rung),
        signal,
      );
      if (!profile.ok) throw new EngineError(profile.reason, profile.message);
      devices.push({ ...host, layerTimes: measured(profile.value) });
    }
    const plan = place(devices);
    return { places: plan.stages.map(({ seat, layers }) => ({ seat, layers })), plan };
  }

  #donor(peer: PeerId): DonorProxy {
    const donor = this.#guests.get(peer);
    if (donor === undefined) throw new DonorLost("left", texts.session.deviceOfPlanLeft);
    return donor;
  }

  #lose(why: RingTrouble, message: string): void {
    const { kind } = this.#ring.value;
    if (kind !== "ready" && kind !== "starting") return;
    this.#epoch++;
    this.#ring.value = { kind: "lost", reason: why, message };
    this.#starting?.abort(new EngineError("internal", message));
    this.#starting = null;
    // What a worker loads for a ring that nobody wants would be in the way of the next one.
    if (kind === "starting") this.engine.endWorker();
    else void this.engine.running?.ringLost(message);
    for (const peer of this.#taking) this.#guests.get(peer)?.send({ type: "release", reason: texts.session.givenUp });
    this.#taking = [];
    this.#ringSeats = [];
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

/** Those that pass frames to `seat`: the host is before the first stage and after the last, and may hold stages itself. */
export function seatsBefore(seat: Seat, stages: readonly Seat[]): readonly Seat[] {
  const round: readonly Seat[] = ["host", ...stages, "host"];
  return round.filter((other, index) => other !== seat && round[index + 1] === seat);
}

/** Rejects with the signal's reason as soon as it aborts, whatever becomes of `work`. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function troubleOf(error: unknown): RingTrouble {
  if (error instanceof DonorLost || error instanceof EngineError) return error.reason;
  // A `TransportError`, by its name: adapters are not imported here.
  if (error instanceof Error && error.name === "TransportError") return "link";
  return error instanceof PlannerError ? "unsupported" : "internal";
}

/** Names of the tensors of a stage. */
function tensorsOf({ layers }: Place): RegExp {
  const indices = Array.from({ length: layers.end - layers.first }, (_, i) => layers.first + i);
  return new RegExp(`^blk\\.(${indices.join("|")})\\.`);
}

function assignOf(
  { model, compute, wire, capacity }: RingOptions,
  checkpoint: Checkpoint,
  epoch: number,
  places: readonly Place[],
  place: Place,
  index: number,
): AssignMessage {
  const wanted = tensorsOf(place);
  return {
    type: "assign",
    epoch,
    stageIndex: index,
    stageCount: places.length,
    ring: places.map(({ seat }) => seat),
    previous: places[index - 1]?.seat ?? "host",
    next: places[index + 1]?.seat ?? "host",
    layers: place.layers,
    checkpoint: { ...checkpoint, tensors: checkpoint.tensors.filter(({ name }) => wanted.test(name)) },
    url: typeof model.source === "string" ? model.source : null,
    backend: compute.backend,
    threads: compute.threads,
    wire,
    capacity,
    returnsTo: "host",
    head: false,
  };
}

function measured(times: readonly LayerTime[]): readonly LayerTime[] {
  if (times.every(({ ms }) => ms === 0)) throw new EngineError("internal", texts.session.notTimed);
  return times;
}
