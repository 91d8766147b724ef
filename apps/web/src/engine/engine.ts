/** The page's side of the engine worker: starts it, finds a way to compute that gives right numbers, and keeps frames moving. */
import type { ModelShape } from "@jupiter/model";
import type { Served } from "@jupiter/planner";
import { Emitter, type FrameNumber, type Seat, type TypedEvents } from "@jupiter/protocol";
import { ladder, type Backend, type Rung } from "@jupiter/runtime/ladder";
import { transfer, wrap, type Remote } from "comlink";
import { Calls } from "./calls.ts";
import type { Emulation } from "./emulation.ts";
import type { EngineApi, FailureReason, FromEngine, LoadedLayers, ProfileWish, ToEngine } from "./api.ts";
import type { KeptTimes, MeasuredDevice } from "./kept-times.ts";
import { keepLoad, keepServed, knownTimes, loadRate, measureDevice } from "./measure-device.ts";

export interface Proven {
  readonly rung: Rung;
  /** Names of the rungs that were tried before, in vain. */
  readonly fallbacks: readonly string[];
  readonly maxError: number;
  readonly ms: number;
}

export interface ComputeWish {
  readonly backend: Backend | "auto";
  /** Of onnxruntime on wasm. */
  readonly threads: number;
}

export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly reason: FailureReason;
  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

type EngineEvents = { readonly [Kind in FromEngine["kind"]]: Extract<FromEngine, { kind: Kind }> };

interface Running {
  readonly worker: Worker;
  readonly calls: Calls<EngineApi>;
  readonly api: Remote<EngineApi>;
  readonly port: MessagePort;
  readonly threads: number;
  readonly hideSubgroups: boolean;
}

export class Engine {
  readonly events: TypedEvents<EngineEvents>;
  readonly #emitter = new Emitter<EngineEvents>();
  readonly #self: Seat;
  readonly #server: string;
  /** Null: this device is measured at every start. */
  readonly #kept: KeptTimes | null;
  readonly #proven = new Map<string, Proven>();
  #running: Running | null = null;
  #isDisposed = false;
  #emulation: Emulation | null = null;

  /** `server`: origin of the room's, for models that are named by a path. */
  constructor(self: Seat, server: string, kept: KeptTimes | null = null) {
    this.#self = self;
    this.#kept = kept;
    this.#server = server;
    this.events = this.#emitter;
  }

  /** Calls to the worker, started if need be; they reject `EngineError` if it is ended before it answers. A worker that was proven anew has lost what an earlier one had loaded. */
  get api(): Remote<EngineApi> {
    if (this.#isDisposed) throw new EngineError("internal", "This device has left the room.");
    return this.#start(this.#running?.threads ?? 1, this.#running?.hideSubgroups ?? false).api;
  }

  /** The first rung of the ladder whose known answers are right for this shape. Throws `EngineError`. */
  async prove(shape: ModelShape, wish: ComputeWish): Promise<Proven> {
    const key = JSON.stringify([shape.H / shape.K, shape.E, shape.architecture, wish]);
    const known = this.#proven.get(key);
    if (known !== undefined) {
      this.#start(wish.threads, known.rung.hideSubgroups);
      return known;
    }
    const fallbacks: string[] = [];
    let problem = "";
    let isMemoryFull = false;
    for (const rung of ladder(wish.backend, await hasGpu())) {
      const { api } = this.#start(wish.threads, rung.hideSubgroups);
      const proof = await api.prove(shape, rung);
      if (proof.ok && proof.value.passed) {
        const proven = { rung, fallbacks, maxError: proof.value.maxError, ms: proof.value.ms };
        this.#proven.set(key, proven);
        return proven;
      }
      problem = proof.ok ? `its results are off by ${proof.value.maxError.toExponential(1)}` : proof.message;
      isMemoryFull = !proof.ok && proof.reason === "out-of-memory";
      fallbacks.push(rung.name);
      // A GPU that cannot even be asked will not be there without subgroups either.
      if (!proof.ok && proof.reason === "unsupported" && wish.backend === "webgpu") break;
    }
    if (isMemoryFull) throw new EngineError("out-of-memory", problem);
    throw new EngineError(
      "known-answer",
      `This device computes wrong numbers or none at all (${fallbacks.join(", ")}: ${problem}). Use another browser on it, or leave it out.`,
    );
  }

  /** What this device takes; measured now, unless it was within a week. Throws `EngineError` where it cannot be. */
  async measure(shape: ModelShape, rung: Rung, wish: ProfileWish): Promise<MeasuredDevice> {
    const options = { api: this.api, kept: this.#ownTimes, threads: this.#threads, nowMs: () => performance.now() };
    const measured = await measureDevice(options, shape, rung, wish);
    if (!measured.ok) throw new EngineError(measured.reason, measured.message);
    return measured.value;
  }

  /** What a whole model took here lately, when it answered alone or when it was measured; null: neither, or too long ago. */
  known(shape: ModelShape, rung: Rung): Served | null {
    const kept = this.#ownTimes;
    return kept === null ? null : knownTimes(kept, this.#threads, shape, rung);
  }

  /** `rung`: its name. */
  keepServed(shape: ModelShape, rung: string, served: Served): void {
    const proven = [...this.#proven.values()].find((proven) => proven.rung.name === rung);
    const kept = this.#ownTimes;
    if (kept !== null && proven !== undefined) keepServed(kept, this.#threads, shape, proven.rung, served);
  }

  /** Layers' bytes in the file that this device took in a millisecond lately; null: not known. */
  loadRate(shape: ModelShape, rung: Rung): number | null {
    const kept = this.#ownTimes;
    return kept === null ? null : loadRate(kept, this.#threads, shape, rung);
  }

  keepLoad(shape: ModelShape, rung: Rung, loaded: LoadedLayers["loaded"]): void {
    const kept = this.#ownTimes;
    if (kept !== null) keepLoad(kept, this.#threads, shape, rung, loaded);
  }

  /** Null: nothing is kept, as of an emulated device. */
  get #ownTimes(): KeptTimes | null {
    return this.#emulation === null ? this.#kept : null;
  }

  get #threads(): number {
    return this.#running?.threads ?? 1;
  }

  /** As `api`, for what concerns only a worker that runs. */
  get running(): Remote<EngineApi> | null {
    return this.#running?.api ?? null;
  }

  /** From the next worker on, which starts with the next call; null: this device is itself again. */
  emulate(emulation: Emulation | null): void {
    this.#emulation = emulation;
    this.#proven.clear();
    this.endWorker();
  }

  /** What the emulated device takes from now on, in this worker and in later ones. */
  alter(costs: Emulation["costs"]): void {
    if (this.#emulation !== null) this.#emulation = { ...this.#emulation, costs };
    void this.running?.alter(costs);
  }

  /** Takes the bytes' memory. */
  frame(from: Seat, bytes: Uint8Array): void {
    this.#post({ kind: "frame", from, bytes }, [bytes.buffer]);
  }

  cancel(frames: readonly FrameNumber[]): void {
    this.#post({ kind: "cancel", frames }, []);
  }

  /** A message of the bulk link; takes its memory. */
  bulk(bytes: Uint8Array): void {
    this.#post({ kind: "bulk", bytes }, [bytes.buffer]);
  }

  bulkLost(message: string): void {
    this.#post({ kind: "bulk-lost", message }, []);
  }

  /** No worker is started any more. */
  dispose(): void {
    this.#isDisposed = true;
    this.endWorker();
  }

  /** What it held is free at once, and what it was asked and has not answered rejects `EngineError`; the next call starts another. */
  endWorker(): void {
    const running = this.#running;
    this.#running = null;
    running?.worker.terminate();
    running?.port.close();
    running?.calls.end(new EngineError("internal", "The engine was ended before it could answer. Try again."));
  }

  #post(message: ToEngine, transfer: Transferable[]): void {
    this.#running?.port.postMessage(message, transfer);
  }

  #start(threads: number, hideSubgroups: boolean): Running {
    if (this.#running?.threads === threads && this.#running.hideSubgroups === hideSubgroups) return this.#running;
    this.endWorker();
    const worker = new Worker(new URL("./engine.worker.ts", import.meta.url), { type: "module", name: "engine" });
    const { port1: port, port2 } = new MessageChannel();
    port.onmessage = ({ data }: MessageEvent<FromEngine>) => this.#emit(data);
    worker.onerror = (event) =>
      this.#emit({
        kind: "failed",
        from: null,
        reason: "internal",
        message: `The engine stopped: ${event.message}. Reload this page.`,
      });
    const calls = new Calls(wrap<EngineApi>(worker));
    const { api } = calls;
    const settings = { threads, hideSubgroups, self: this.#self, server: this.#server, emulation: this.#emulation };
    void api.configure(settings, transfer(port2, [port2]));
    this.#running = { worker, calls, api, port, threads, hideSubgroups };
    return this.#running;
  }

  #emit<Kind extends FromEngine["kind"]>(event: EngineEvents[Kind] & { kind: Kind }): void {
    this.#emitter.emit(event.kind, event);
  }
}

/** A graphics processor behind WebGPU: software that stands in for one is slower than wasm. */
async function hasGpu(): Promise<boolean> {
  const adapter = "gpu" in navigator ? await navigator.gpu.requestAdapter() : null;
  return adapter !== null && !adapter.info.isFallbackAdapter;
}
