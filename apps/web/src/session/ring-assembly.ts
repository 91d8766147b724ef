/** Puts a ring together: the model is read, kernels proven, layers planned, handed out and loaded, neighbours linked. */
import { headTensors, layerOf, type Checkpoint } from "@jupiter/model";
import type { DecodingChoice } from "@jupiter/pipeline";
import type { Move, PlanRequest, Standing } from "@jupiter/planner";
import type { AssignMessage, Seat } from "@jupiter/protocol";
import type { LoadedLayers, ModelSource } from "../engine/api.ts";
import { EngineError, type Proven } from "../engine/engine.ts";
import { texts } from "../texts/index.ts";
import { abortable } from "./abortable.ts";
import type { BulkServer } from "./bulk-server.ts";
import type { DraftPart } from "./draft-part.ts";
import { FileHashes } from "./file-hashes.ts";
import type { Foretold } from "./foretelling.ts";
import { loadRates, type SeatLoad } from "./move-costs.ts";
import type { RingLinks } from "./ring-links.ts";
import { placesOf, planRing, type PlanningParts, type Start } from "./ring-planning.ts";
import type { HostPart, Model, Place, ReadyRing, RingOptions } from "./ring.ts";

export interface AssemblyParts extends PlanningParts {
  readonly neighbours: RingLinks;
  readonly bulk: BulkServer;
  readonly draft: DraftPart;
  /** Resolves when the server is there. */
  readonly connected: (signal: AbortSignal) => Promise<void>;
  /** Told before any of them is given a part: the stages' seats, in ring order. */
  readonly planned: (seats: readonly Seat[]) => void;
}

export interface Assembled {
  readonly ring: ReadyRing;
  /** Null: nothing was measured. */
  readonly standing: Standing | null;
  readonly foretold: Foretold;
}

const PLAINLY: DecodingChoice = { strategy: "plain", drafters: [] };
/** Where nothing was measured: what keeps a stage of one core busy without making the ring wait; found by `npm run bench`. */
const UNMEASURED_CHUNK_ROWS = 64;

export class RingAssembly {
  readonly #parts: AssemblyParts;
  readonly #fileHashes = new FileHashes();
  /** Bytes of layers that devices of the last ring loaded in a millisecond. */
  #rates: ReadonlyMap<Seat, number> = new Map();
  /** Of the last ring, and the worker in which it is open. */
  #opened: { readonly checkpoint: Checkpoint; readonly worker: unknown } | null = null;

  constructor(parts: AssemblyParts) {
    this.#parts = parts;
  }

  /** `move`: planned already, by devices as they are now. Rejects with an error whose message says what went wrong. */
  async assemble(options: RingOptions, start: Start, move: Move | null = null): Promise<Assembled> {
    const { model, compute, wire } = options;
    const { epoch, say, signal } = start;
    const { engine, donor, neighbours } = this.#parts;
    const connected = async () => {
      say(texts.session.awaitingServer);
      await this.#parts.connected(signal);
    };
    if (start.needsServer()) await connected();
    say(texts.session.reading(model.title));
    const opened = this.#opened;
    const isOpen = move !== null && opened !== null && opened.worker === engine.running;
    const { checkpoint } = isOpen ? opened : await abortable(this.#openModel(model), signal);
    say(texts.session.proving);
    const { running } = engine;
    const proven = await abortable(engine.prove(checkpoint.shape, compute), signal);
    // The proof may have taken another worker, in which nothing is open.
    if (engine.running !== running) await abortable(this.#openModel(model), signal);
    this.#opened = { checkpoint, worker: engine.running };
    const { places, by, placed, known, rates } =
      move === null
        ? await planRing(this.#parts, options, checkpoint, proven, start)
        : { places: placesOf(move.plan), by: move, placed: move, known: null, rates: this.#rates };
    const plan = by?.plan ?? null;
    const { head } = placed.plan;
    this.#parts.planned(places.map(({ seat }) => seat));
    const isOf = needsOf(checkpoint, head);
    const told = await abortable(this.#toldOf(model, checkpoint, places, isOf, say), signal);
    say(texts.session.loading);
    const names = places.map(({ seat }) => (seat === "host" ? texts.session.theHost : donor(seat).device.peek().name));
    const assigns = places.map((place, index) => {
      const assign = assignOf(options, told, epoch, places, place, index, isOf);
      return { ...assign, ...(place.seat === head && head !== "host" ? { head: true } : {}), names };
    });
    const ready = places.flatMap(({ seat }, index) => {
      const assign = assigns[index];
      if (seat === "host" || assign === undefined) return [];
      const answer = donor(seat).expect("ready", epoch);
      donor(seat).send(assign);
      return [answer];
    });
    const loadingMs = performance.now();
    const [own] = await abortable(Promise.all([this.#loadHostPart(assigns, proven, head), ...ready]), signal);
    const { part: host } = own;
    const loads = places.map((place, index): SeatLoad => {
      const loaded = place.seat === "host" ? own.loaded.get(index) : donor(place.seat).device.peek().serving?.loaded;
      return { seat: place.seat, loaded, ...stageBytes(place, assigns[index]!, placed.request) };
    });
    const waitedMs = performance.now() - loadingMs - Math.max(own.ms, ...loads.map(({ loaded }) => loaded?.ms ?? 0));
    const [first, last] = [places[0], places.at(-1)];
    if (first === undefined || last === undefined) throw new EngineError("internal", texts.session.noStages);
    if (options.medusa !== undefined && !isOpen) await abortable(this.#loadMedusa(options.medusa), signal);
    // One that was chosen or given up since the ring began stays so when layers move.
    const draft = move === null ? (options.draft ?? null) : this.#parts.draft.wanted;
    if (draft !== null) say(texts.session.loadingDraft(draft.title));
    await abortable(this.#parts.draft.use(draft, options.capacity), signal);
    if (start.needsServer()) await connected();
    say(texts.session.linking);
    const linkingMs = performance.now();
    for (const [index, { seat }] of places.entries()) {
      const next = places[index + 1]?.seat;
      if (seat !== "host" || next === undefined || next === "host") continue;
      await abortable(neighbours.connect(next, signal), signal);
    }
    if (first.seat !== "host") await abortable(neighbours.connect(first.seat, signal), signal);
    for (const { seat } of places) if (seat !== "host") donor(seat).send({ type: "serve", epoch });
    const { capacity, arenas, maxInFlight, decoding = PLAINLY } = options;
    const chunkRows = options.chunkRows ?? plan?.pipe ?? UNMEASURED_CHUNK_ROWS;
    const shape = { stages: places.length, first: first.seat, last: last.seat };
    const headOnLast = head === "host" ? {} : { headOnLast: { vocabulary: checkpoint.shape.V } };
    const settings = { epoch, capacity, arenas, chunkRows, maxInFlight, decoding, wire, ...shape, ...headOnLast };
    await abortable(engine.api.ringReady(settings), signal);
    neighbours.settle();
    const ring = { kind: "ready", model, checkpoint, places, head, plan, shifts: move?.shifts ?? [], host } as const;
    // Another ring of these devices takes about as long to link as this one did, and loads what is new as fast.
    const moveMs = Math.max(0, waitedMs) + performance.now() - linkingMs;
    this.#rates = loadRates(loads, rates);
    const moves = move?.moves ?? 0;
    const standing =
      by === null ? null : { request: by.request, plan: by.plan, moveMs, loadBytesPerMs: this.#rates, moves };
    const foretold = { plan, placed, known, chunkRows: typeof chunkRows === "number" ? chunkRows : null };
    return { ring, standing, foretold };
  }

  async #openModel({ source, id }: Model): Promise<{ readonly checkpoint: Checkpoint }> {
    const opened = await this.#parts.engine.api.openModel(source, id);
    if (!opened.ok) throw new EngineError(opened.reason, opened.message);
    return opened.value;
  }

  /** The checkpoint as donors are told of it: of a file that only the host has, it says what each tensor's bytes must be. */
  async #toldOf(
    { source, title }: Model,
    checkpoint: Checkpoint,
    places: readonly Place[],
    isOf: Needs,
    say: (message: string) => void,
  ): Promise<Checkpoint> {
    this.#parts.bulk.file = source instanceof File ? source : null;
    if (!(source instanceof File)) return checkpoint;
    say(texts.session.hashing(title));
    const theirs = places.filter(({ seat }) => seat !== "host");
    return this.#fileHashes.fill(this.#parts.engine, source, checkpoint, (name) =>
      theirs.some((place) => isOf(place, name)),
    );
  }

  async #loadMedusa(source: ModelSource): Promise<void> {
    const heads = await this.#parts.engine.api.loadMedusa(source);
    if (!heads.ok) throw new EngineError(heads.reason, heads.message);
  }

  /** `loaded`: by stage. */
  async #loadHostPart(
    assigns: readonly AssignMessage[],
    { rung, fallbacks }: Proven,
    head: Seat,
  ): Promise<{
    readonly part: HostPart;
    readonly loaded: ReadonlyMap<number, LoadedLayers["loaded"]>;
    readonly ms: number;
  }> {
    const beganMs = performance.now();
    const stages = new Map<number, LoadedLayers["loaded"]>();
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
        .map((assign) => async () => {
          const loaded = await this.#parts.engine.api.loadShare(assign, rung);
          if (loaded.ok) {
            stages.set(assign.stageIndex, loaded.value.loaded);
            this.#parts.engine.keepLoad(assign.checkpoint.shape, rung, loaded.value.loaded);
          }
          return loaded;
        }),
      () => this.#parts.engine.api.loadEnds(rung, head === "host"),
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
    return { part, loaded: stages, ms: performance.now() - beganMs };
  }
}

function stageBytes(
  { seat, layers }: Place,
  { checkpoint }: AssignMessage,
  { devices }: PlanRequest,
): Pick<SeatLoad, "fileBytes" | "heldBytes"> {
  const sizes = devices.find((device) => device.seat === seat)?.layerBytes ?? [];
  return {
    fileBytes: checkpoint.tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    heldBytes: sizes.slice(layers.first, layers.end).reduce((sum, size) => sum + size, 0),
  };
}

/** Whether a stage needs the tensor of this name. */
type Needs = (place: Place, tensorName: string) => boolean;

function needsOf(checkpoint: Checkpoint, head: Seat): Needs {
  // A model that is only played again has no tensors.
  const isThere = head !== "host" && checkpoint.tensors.length > 0;
  const ofHead = new Set(isThere ? headTensors(checkpoint).map(({ name }) => name) : []);
  return ({ seat, layers }, tensorName) => {
    const layer = layerOf(tensorName);
    return layer === null ? seat === head && ofHead.has(tensorName) : layer >= layers.first && layer < layers.end;
  };
}

function assignOf(
  { model, compute, wire, capacity, arenas }: RingOptions,
  checkpoint: Checkpoint,
  epoch: number,
  places: readonly Place[],
  place: Place,
  index: number,
  isOf: Needs,
): AssignMessage {
  return {
    type: "assign",
    epoch,
    stageIndex: index,
    stageCount: places.length,
    ring: places.map(({ seat }) => seat),
    previous: places[index - 1]?.seat ?? "host",
    next: places[index + 1]?.seat ?? "host",
    layers: place.layers,
    checkpoint: { ...checkpoint, tensors: checkpoint.tensors.filter(({ name }) => isOf(place, name)) },
    url: typeof model.source === "string" ? model.source : null,
    backend: compute.backend,
    threads: compute.threads,
    wire,
    capacity,
    arenas,
  };
}
