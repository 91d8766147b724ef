import { fetchTensors } from "./fetch-tensors.ts";
import type { ByteSource } from "./gguf.ts";
import {
  findTensor,
  headTensors,
  layerTensors,
  loadEmbedding,
  loadHead,
  loadLayer,
  type Allocate,
  type Embedding,
  type HeadWeights,
  type WeightForm,
} from "./load-layers.ts";
import type { LayerWeights } from "./onnx/stage-graph.ts";
import type { Checkpoint, TensorEntry } from "./shape.ts";
import type { TensorStore } from "./tensor-store.ts";
import { delay, type Wait } from "./wait.ts";

/** What one device takes of a checkpoint. */
export interface WeightShare {
  /** Ranges `first` (inclusive) to `end` (exclusive). */
  readonly layers: readonly { readonly first: number; readonly end: number }[];
  readonly head: boolean;
  readonly embedding: boolean;
}

export interface WeightProgress {
  readonly loadedBytes: number;
  readonly totalBytes: number;
  /** The source does not answer; it is tried again. */
  readonly isAway: boolean;
}

export interface WeightSourceOptions {
  readonly signal?: AbortSignal;
  /** After every piece that arrived, and when the source does not answer: of the `totalBytes` of the share's tensors, `loadedBytes` are here. */
  readonly onProgress?: (progress: WeightProgress) => void;
  /** Weights of a group of layers at most, as the back end holds them; a larger single layer is a group of its own. Default `GROUP_BYTES`. */
  readonly groupBytes?: number;
  /** Asked before the source; what it has is not fetched. */
  readonly store?: TensorStore;
  /** Before another try. For tests; default: the clock. */
  readonly wait?: Wait;
}

/** Large enough that a model has few sessions, small enough that the copies made while one is built stay few. */
const GROUP_BYTES = 16 << 20;

/**
 * One device's weights out of a file that it never fetches whole: only the tensors of its share, each checked against its SHA-256 where the
 * checkpoint has one. Methods reject with the signal's reason when aborted, else with a ModelError that says what to do ('unreachable',
 * 'truncated', 'range-refused', 'checksum', 'shape', 'missing-tensor').
 */
export class WeightSource {
  readonly #checkpoint: Checkpoint;
  readonly #source: ByteSource;
  readonly #share: WeightShare;
  readonly #options: WeightSourceOptions;
  readonly #totalBytes: number;
  #fetchedBytes = 0;
  #loadedBytes = 0;
  /** A tied head and embedding are one tensor, fetched once for both. */
  #tied: Promise<ByteSource> | null = null;

  constructor(checkpoint: Checkpoint, source: ByteSource, share: WeightShare, options: WeightSourceOptions = {}) {
    this.#checkpoint = checkpoint;
    this.#source = source;
    this.#share = share;
    this.#options = options;
    this.#totalBytes = sizeOf(shareTensors(checkpoint, share));
  }

  /** Bytes that came over the line so far, those of failed tries and of gaps between tensors included. */
  get fetchedBytes(): number {
    return this.#fetchedBytes;
  }

  /** Bytes of tensors that are here, from wherever they came. */
  get loadedBytes(): number {
    return this.#loadedBytes;
  }

  /** Bytes of the share's tensors in the file. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Layers `first` (inclusive) to `end` (exclusive), all at once. */
  async layers(first: number, end: number, form: WeightForm): Promise<LayerWeights[]> {
    return this.#build(first, end, form, await this.#fetch(this.#layerTensors(first, end)));
  }

  /**
   * The same in groups that fit a session each; the bytes of the next group travel while the caller builds the last. Groups take turns in the
   * same memory: one is valid until the next is asked for.
   */
  async *layerGroups(first: number, end: number, form: WeightForm): AsyncGenerator<LayerWeights[]> {
    const groups = this.#groups(first, end, form);
    const matrices = new Scratch((length) => new Float32Array(length));
    // Two, as one group's bytes are read while the next one's arrive.
    const bytes = [0, 1].map(() => new Scratch((sizeBytes) => new Uint8Array(sizeBytes)));
    const fetchGroup = (i: number) => {
      const [group, scratch] = [groups[i], bytes[i % 2]];
      if (group === undefined || scratch === undefined) return null;
      scratch.reset();
      const fetched = this.#fetch(this.#layerTensors(group.first, group.end), scratch.take);
      fetched.catch(() => undefined); // reported where it is awaited, if the caller comes for more
      return fetched;
    };
    let ahead = fetchGroup(0);
    for (const [i, group] of groups.entries()) {
      const source = await ahead;
      ahead = fetchGroup(i + 1);
      matrices.reset();
      if (source !== null) yield await this.#build(group.first, group.end, form, source, matrices.take);
    }
  }

  async head(form: WeightForm): Promise<HeadWeights> {
    return loadHead(this.#checkpoint, await this.#ends(headTensors(this.#checkpoint)), form);
  }

  async embedding(): Promise<Embedding> {
    return loadEmbedding(this.#checkpoint, await this.#ends([findTensor(this.#checkpoint, "token_embd.weight")]));
  }

  #ends(tensors: readonly TensorEntry[]): Promise<ByteSource> {
    if (!this.#checkpoint.tiedHead || !this.#share.head || !this.#share.embedding) return this.#fetch(tensors);
    this.#tied ??= this.#fetch(headTensors(this.#checkpoint)).catch((error: unknown) => {
      this.#tied = null;
      throw error;
    });
    return this.#tied;
  }

  #fetch(
    tensors: readonly TensorEntry[],
    allocate?: (sizeBytes: number) => Uint8Array<ArrayBuffer>,
  ): Promise<ByteSource> {
    const { signal = new AbortController().signal, store, wait = delay } = this.#options;
    return fetchTensors(this.#source, tensors, {
      signal,
      wait,
      ...(allocate === undefined ? {} : { allocate }),
      ...(store === undefined ? {} : { store }),
      onBytes: (fetchedBytes, loadedBytes) => {
        this.#fetchedBytes += fetchedBytes;
        // Gaps between tensors are fetched along; they are no part of the total.
        this.#loadedBytes = Math.min(this.#totalBytes, this.#loadedBytes + loadedBytes);
        this.#report(false);
      },
      onAway: () => this.#report(true),
    });
  }

  #report(isAway: boolean): void {
    this.#options.onProgress?.({ loadedBytes: this.#loadedBytes, totalBytes: this.#totalBytes, isAway });
  }

  async #build(
    first: number,
    end: number,
    form: WeightForm,
    source: ByteSource,
    allocate?: Allocate,
  ): Promise<LayerWeights[]> {
    const layers: LayerWeights[] = [];
    for (let i = first; i < end; i++) layers.push(await loadLayer(this.#checkpoint, source, i, form, allocate));
    return layers;
  }

  #layerTensors(first: number, end: number): TensorEntry[] {
    return Array.from({ length: end - first }, (_, i) => layerTensors(this.#checkpoint, first + i)).flat();
  }

  #groups(first: number, end: number, form: WeightForm): { readonly first: number; readonly end: number }[] {
    const { groupBytes = GROUP_BYTES } = this.#options;
    const groups: { first: number; end: number; sizeBytes: number }[] = [];
    for (let i = first; i < end; i++) {
      const tensors = layerTensors(this.#checkpoint, i);
      const denseBytes = tensors.reduce((sum, { dims }) => sum + 4 * dims.reduce((a, b) => a * b, 1), 0);
      const sizeBytes = form === "dense" ? denseBytes : sizeOf(tensors);
      const last = groups.at(-1);
      if (last !== undefined && last.sizeBytes + sizeBytes <= groupBytes) {
        last.end = i + 1;
        last.sizeBytes += sizeBytes;
      } else {
        groups.push({ first: i, end: i + 1, sizeBytes });
      }
    }
    return groups;
  }
}

/** Memory that is handed out anew for every group, so that a load leaves no garbage of the weights' size behind. */
class Scratch<Values extends Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>> {
  readonly #make: (length: number) => Values;
  readonly #blocks: Values[] = [];
  #next = 0;

  constructor(make: (length: number) => Values) {
    this.#make = make;
  }

  /** The n-th piece of a group gets the n-th block: groups of one model ask for the same sizes. */
  readonly take = (length: number): Values => {
    const index = this.#next++;
    const block = this.#blocks[index];
    if (block !== undefined && block.length >= length) return block.subarray(0, length) as Values;
    return (this.#blocks[index] = this.#make(length));
  };

  reset(): void {
    this.#next = 0;
  }
}

/** Each tensor once, also where head and embedding are one. */
function shareTensors(checkpoint: Checkpoint, { layers, head, embedding }: WeightShare): readonly TensorEntry[] {
  const tensors = new Set<TensorEntry>();
  for (const { first, end } of layers) {
    for (let i = first; i < end; i++) layerTensors(checkpoint, i).forEach((entry) => tensors.add(entry));
  }
  if (head) headTensors(checkpoint).forEach((entry) => tensors.add(entry));
  if (embedding) tensors.add(findTensor(checkpoint, "token_embd.weight"));
  return [...tensors];
}

function sizeOf(tensors: readonly TensorEntry[]): number {
  return tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
