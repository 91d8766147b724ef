/** From a checkpoint and what devices say of themselves to what the planner asks, and back to places in the ring. */
import {
  blockWeightsBytes,
  containerOf,
  isQuantised,
  layerOf,
  packedBytes,
  type ModelForm,
  type ModelShape,
  type TensorForm,
} from "@jupiter/model";
import {
  CHAT,
  drifted,
  fitHead,
  fitLayer,
  layerMs,
  plan,
  type DeviceProfile,
  type HeadCost,
  type HeadSeat,
  type HostLayers,
  type LayerCost,
  type LinkCost,
  type MeasuredTime,
  type NotEnough,
  type Plan,
  type PlanRequest,
  whatIsMissing,
} from "@jupiter/planner";
import { CANDIDATES, scoreBytes, type Backend, type Seat } from "@jupiter/protocol";
import { matrixBytes } from "@jupiter/runtime/matrix-bytes";
import { EngineError } from "../engine/engine.ts";

export type { HostLayers };

/** Who has final norm and LM head: the host, the last stage, or whichever of them is faster and has room. */
export type HeadPlace = HeadSeat | "best";

export interface PlaceOptions {
  readonly checkpoint: ModelForm;
  readonly hostLayers: HostLayers;
  /** Who may have final norm and LM head; only the host, if not told. */
  readonly head?: HeadPlace;
  /** Slots per conversation. */
  readonly capacity: number;
  /** Conversations whose cache is kept at once. */
  readonly arenas: number;
  /** Layers per stage in ring order; undefined: the planner splits. */
  readonly layers: readonly number[] | undefined;
  /** As measured; null: it was not, or nobody answered. */
  readonly link?: (from: Seat, to: Seat) => LinkCost | null;
  /** `best`: devices that slow the ring down are left out. Default: all take part. */
  readonly takes?: PlanRequest["placement"]["donors"];
  /** Donors in ring order; the host too where it holds layers. */
  readonly devices: readonly PlaceDevice[];
  /** The model that guesses ahead, which the host holds besides; none if not told. */
  readonly draft?: ModelForm | null;
}

export interface PlaceDevice {
  readonly seat: Seat;
  /** As messages call it. */
  readonly name: string;
  /** Of one layer; empty: not measured, any two such devices count as alike. */
  readonly layerTimes: readonly MeasuredTime[];
  /** Of every frame, besides its layers; 0 where it was not measured. */
  readonly frameMs?: number;
  /** Of final norm, LM head and choice; empty: it is taken for as many layers as it has weights. */
  readonly headTimes?: readonly { readonly rows: number; readonly ms: number }[];
  /** What it takes now, over these times: 1.6 is slower; 1 where nothing is known. */
  readonly drift?: number;
  /** From its page to its worker and back: frames go from worker to worker. */
  readonly handoverMs?: number;
  /** To the host and back; undefined: not measured. */
  readonly roundTripMs?: number | null;
  readonly memoryBytes: number;
  readonly backend: Backend;
  /** Weights are float32 there, not the file's blocks: wasm through onnxruntime. */
  readonly unpacks?: boolean;
}

/** How a device holds what was quantised: for onnxruntime on the GPU, for our own kernels on wasm, or in float32. */
export type Held = "gpu" | "kernels" | "float32";

/** onnxruntime, its heap, and buffers of a run: what a tab with one layer of SmolLM2 held above an idle one and the layer (115 MB). */
const ENGINE_BYTES = 128 << 20;

/** Script, heap and buffers of a run; onnxruntime is not started there. */
const DRAFT_WORKER_BYTES = 64 << 20;

/** Of one frame: longer ones are not measured, and hold up what is behind them. */
const MOST_ROWS = 256;

/** Two tabs on one network. */
const UNMEASURED_RTT_MS = 4;
const BYTES_PER_MS = 5000;
const UNMEASURED_LAYER: LayerCost = [{ fromRows: 1, floorMs: 0, rowMs: 1, pairMs: 0 }];

const HOST_WITHOUT_LAYERS: PlaceDevice = {
  seat: "host",
  name: "the host",
  layerTimes: [],
  memoryBytes: Infinity,
  backend: "wasm",
};

/** Throws `EngineError` 'out-of-memory' or 'unsupported' where the devices are not enough, `PlannerError` for counts that do not fit the ring. */
export function placeLayers(options: PlaceOptions): Plan {
  return planned(requestOf(options));
}

/** The same of a request that is kept: for what-ifs, and for planning anew. */
export function planned(request: PlanRequest): Plan {
  const result = plan(request);
  if (result.kind === "not-enough")
    throw new EngineError(result.reason === "memory" ? "out-of-memory" : "unsupported", result.message);
  return result;
}

/** The same for whoever only wants to know whether memory is enough; null: it is. Nothing need be measured. */
export function whatLayersMiss(options: PlaceOptions): NotEnough | null {
  return whatIsMissing(requestOf(options));
}

export function requestOf({
  checkpoint,
  hostLayers,
  head = "host",
  capacity,
  arenas,
  layers,
  link,
  takes = "all",
  devices,
  draft = null,
}: PlaceOptions): PlanRequest {
  const { shape } = checkpoint;
  const besidesBytes = draft === null ? 0 : draftBytes(draft, capacity);
  const hasHost = devices.some(({ seat }) => seat === "host");
  const all = hasHost ? devices : [...devices, HOST_WITHOUT_LAYERS];
  return {
    devices: all.map((device) => {
      const isHost = device.seat === "host";
      return profileOf(device, checkpoint, {
        besidesBytes: isHost ? besidesBytes : 0,
        scores: isHost || head !== "host",
      });
    }),
    link: (from, to) => betweenWorkers(all, from, to, link?.(from, to) ?? guessedLink(all, link, from, to)),
    model: {
      L: shape.L,
      kvBytes: contextBytes(shape, capacity, arenas),
      context: { tokens: capacity, conversations: arenas },
      rowBytes: 2 * shape.D,
      scoreBytes: scoreBytes(CANDIDATES),
      mostRows: MOST_ROWS,
    },
    placement: {
      // Whoever may leave all others out may answer alone.
      hostLayers: takes === "best" && hostLayers !== "none" ? [hostLayers, "all"] : [hostLayers],
      head: head === "best" ? ["host", "last"] : [head],
      donors: takes,
      ...(layers === undefined ? {} : { layers }),
    },
    workload: CHAT,
    objective: "workload",
  };
}

/** What was measured from page to page, as frames go it. */
function betweenWorkers(devices: readonly PlaceDevice[], from: Seat, to: Seat, link: LinkCost): LinkCost {
  const handoverMs = (seat: Seat) => devices.find((device) => device.seat === seat)?.handoverMs ?? 0;
  return { ...link, rttMs: link.rttMs + handoverMs(from) + handoverMs(to) };
}

/** Between donors: as their links to the host are, as they are in one room; else what pings of this page tell, or two tabs on one network. */
function guessedLink(devices: readonly PlaceDevice[], link: PlaceOptions["link"], from: Seat, to: Seat): LinkCost {
  const toHost = (seat: Seat): LinkCost => {
    const rttMs = devices.find((device) => device.seat === seat)?.roundTripMs ?? UNMEASURED_RTT_MS;
    return link?.(seat, "host") ?? { rttMs, bytesPerMs: BYTES_PER_MS };
  };
  if (from === "host") return toHost(to);
  if (to === "host") return toHost(from);
  const [one, other] = [toHost(from), toHost(to)];
  return { rttMs: (one.rttMs + other.rttMs) / 2, bytesPerMs: Math.min(one.bytesPerMs, other.bytesPerMs) };
}

/** A row's time goes into reading weights, the head's like a layer's: by their numbers. */
function headOf({ D, F, H, K, E, V }: ModelShape, layer: LayerCost): HeadCost {
  const layerWeights = D * (2 * H * E + 2 * K * E + 3 * F);
  return { floorMs: 0, rowMs: (layerMs(layer, 1, 0) * V * D) / layerWeights };
}

/** `scores`: it may be asked to have the head. */
function profileOf(
  device: PlaceDevice,
  checkpoint: ModelForm,
  { besidesBytes, scores }: { readonly besidesBytes: number; readonly scores: boolean },
): DeviceProfile {
  const {
    seat,
    name,
    layerTimes,
    frameMs = 0,
    headTimes = [],
    drift = 1,
    memoryBytes,
    backend,
    unpacks = false,
  } = device;
  const held = unpacks ? "float32" : backend === "webgpu" ? "gpu" : "kernels";
  const layerBytes = heldLayerBytes(checkpoint, held);
  // While a layer is loaded it stands twice more: as it came, and as it is taken in.
  const embeddingBytes = seat === "host" ? heldEmbeddingBytes(checkpoint) : 0;
  const fixedBytes = ENGINE_BYTES + 2 * Math.max(...layerBytes) + embeddingBytes + besidesBytes;
  const headBytes = heldHeadBytes(checkpoint, held);
  const layer = layerTimes.length === 0 ? UNMEASURED_LAYER : fitLayer(layerTimes).layer;
  const guessedHead = layerTimes.length === 0 ? null : headOf(checkpoint.shape, layer);
  const head = headTimes.length > 0 ? fitHead(headTimes) : guessedHead;
  const costs = drifted({ layer, frameMs, head: scores ? head : null }, drift);
  return { seat, name, costs, memoryBytes, fixedBytes, layerBytes, headBytes };
}

/** A model that guesses ahead, whole, in a worker of its own: on wasm, with one conversation's cache. */
export function draftBytes(form: ModelForm, capacity: number): number {
  const layerBytes = heldLayerBytes(form, "kernels");
  const weights =
    layerBytes.reduce((sum, size) => sum + size, 0) + heldHeadBytes(form, "kernels") + heldEmbeddingBytes(form);
  const cache = form.shape.L * contextBytes(form.shape, capacity, 1);
  return DRAFT_WORKER_BYTES + 2 * Math.max(...layerBytes) + weights + cache;
}

/**
 * What a layer holds of full conversations: keys and values in float32 (float16 on some GPUs; the host is not told), and the rotary tables of a
 * session of its own.
 */
function contextBytes({ K, E }: ModelShape, capacity: number, arenas: number): number {
  return 4 * capacity * (2 * K * E * arenas + E);
}

/** `[L]`: bytes of each layer's weights as they are held. */
export function heldLayerBytes({ shape, tensors }: ModelForm, held: Held): readonly number[] {
  const sizes = Array<number>(shape.L).fill(0);
  for (const tensor of tensors) {
    const layer = layerOf(tensor.name);
    if (layer !== null && layer < shape.L) sizes[layer] = (sizes[layer] ?? 0) + heldBytes(tensor, held);
  }
  return sizes;
}

/** Final norm and LM head, wherever they are: one that is tied to the embedding is held beside it, or elsewhere. */
function heldHeadBytes({ tensors }: ModelForm, held: Held): number {
  const find = (name: string) => tensors.find((tensor) => tensor.name === name);
  const ends = [find("output.weight") ?? find("token_embd.weight"), find("output_norm.weight")];
  return ends.reduce((sum, tensor) => sum + (tensor === undefined ? 0 : heldBytes(tensor, held)), 0);
}

/** As it lies in the file: the host takes the rows that it needs out of it. */
function heldEmbeddingBytes({ tensors }: ModelForm): number {
  const embedding = tensors.find(({ name }) => name === "token_embd.weight");
  return embedding === undefined ? 0 : packedBytes(embedding);
}

function heldBytes({ type, dims }: TensorForm, held: Held): number {
  const values = dims.reduce((a, b) => a * b, 1);
  const K = dims.at(-1) ?? 1;
  // Vectors are few; they are float32 everywhere, and so is what was never quantised.
  if (dims.length === 1 || held === "float32") return 4 * values;
  if (held === "kernels") return matrixBytes(isQuantised(type) ? containerOf(type) : null, values / K, K);
  return isQuantised(type) ? blockWeightsBytes(type, values / K, K) : 4 * values;
}
