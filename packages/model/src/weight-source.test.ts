import { createHash } from "node:crypto";
import { memoryByteSource, tinyCheckpoint } from "@jupiter/testkit";
import { describe, expect, it } from "vitest";
import { coalesce } from "./fetch-tensors.ts";
import { readGguf, type ByteSource } from "./gguf.ts";
import { loadEmbedding, loadHead, loadLayer } from "./load-layers.ts";
import { ModelError } from "./errors.ts";
import type { Checkpoint } from "./shape.ts";
import type { TensorStore } from "./tensor-store.ts";
import { WeightSource, type WeightShare } from "./weight-source.ts";

const file = tinyCheckpoint({ architecture: "qwen2" });
const LAYERS: WeightShare = { layers: [{ first: 1, end: 3 }], head: false, embedding: false };
const ALL: WeightShare = { layers: [{ first: 0, end: 4 }], head: true, embedding: true };
/** Counts requests and their number in flight; `fault` may make any of them fail. */
class Origin implements ByteSource {
  readonly requests: { readonly offsetBytes: number; readonly sizeBytes: number }[] = [];
  mostInFlight = 0;
  #inFlight = 0;
  readonly #bytes: Uint8Array;
  readonly #fault: (request: number) => Uint8Array | Error | null;

  constructor(bytes: Uint8Array, fault: (request: number) => Uint8Array | Error | null = () => null) {
    this.#bytes = bytes;
    this.#fault = fault;
  }

  async read(offsetBytes: number, sizeBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const fault = this.#fault(this.requests.length);
    this.requests.push({ offsetBytes, sizeBytes });
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight);
    await Promise.resolve();
    this.#inFlight--;
    if (fault instanceof Error) throw fault;
    return fault ?? memoryByteSource(this.#bytes).read(offsetBytes, sizeBytes);
  }
}

async function checkpointOf(bytes: Uint8Array): Promise<Checkpoint> {
  return (await readGguf(memoryByteSource(bytes), "tiny")).checkpoint;
}

/** Does not wait, but remembers how long it should have. */
function recordedWaits(): { waits: number[]; wait: (delayMs: number) => Promise<void> } {
  const waits: number[] = [];
  return { waits, wait: (delayMs) => Promise.resolve(void waits.push(delayMs)) };
}

describe("WeightSource", () => {
  it.each(["dense", "blocks"] as const)("gives the weights that single reads give (%s)", async (form) => {
    const checkpoint = await checkpointOf(file);
    const plain = memoryByteSource(file);
    const source = new WeightSource(checkpoint, new Origin(file), ALL);
    expect(await source.layers(1, 3, form)).toEqual([
      await loadLayer(checkpoint, plain, 1, form),
      await loadLayer(checkpoint, plain, 2, form),
    ]);
    expect(await source.head(form)).toEqual(await loadHead(checkpoint, plain, form));
    expect((await source.embedding())([5, 300])).toEqual((await loadEmbedding(checkpoint, plain))([5, 300]));
  });

  it("fetches a device's tensors once, at most 2 % more than them, in few requests", async () => {
    const checkpoint = await checkpointOf(file);
    const origin = new Origin(file);
    const source = new WeightSource(checkpoint, origin, ALL);
    await source.layers(0, 4, "dense");
    await Promise.all([source.head("dense"), source.embedding()]);
    const wanted = checkpoint.tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(source.totalBytes).toBe(wanted);
    expect(source.fetchedBytes).toBeGreaterThanOrEqual(wanted);
    expect(source.fetchedBytes).toBeLessThanOrEqual(wanted * 1.02);
    // Layers; the embedding, which is the head too; the final norm behind the layers.
    expect(origin.requests).toHaveLength(3);
  });

  it("asks for large spans in parts, three at a time, and tells how far it is", async () => {
    // Layers of 1 MB, 3.9 MB unpacked: groups of up to seven layers, the first in four parts.
    const bytes = tinyCheckpoint({ dims: { L: 8, D: 256, F: 1024 }, typeOf: () => "Q8_0" });
    const checkpoint = await checkpointOf(bytes);
    const origin = new Origin(bytes);
    const progress: number[] = [];
    const share = { layers: [{ first: 0, end: 8 }], head: false, embedding: false };
    const source = new WeightSource(checkpoint, origin, share, {
      groupBytes: 28 << 20,
      onProgress: ({ loadedBytes, totalBytes }) => void progress.push(loadedBytes / totalBytes),
    });
    const groups: number[] = [];
    for await (const layers of source.layerGroups(0, 8, "dense")) groups.push(layers.length);
    expect(groups).toEqual([7, 1]);
    expect(origin.mostInFlight).toBe(3);
    expect(Math.max(...origin.requests.map(({ sizeBytes }) => sizeBytes))).toBe(2 << 20);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });

  it("tries a failed or short range again, waiting longer each time", async () => {
    const { waits, wait } = recordedWaits();
    const faults = [new TypeError("Failed to fetch"), new Uint8Array(5), new ModelError("unreachable", "answered 503")];
    const origin = new Origin(file, (request) => faults[request] ?? null);
    const checkpoint = await checkpointOf(file);
    const source = new WeightSource(checkpoint, origin, LAYERS, { wait });
    expect(await source.layers(1, 3, "dense")).toHaveLength(2);
    expect(waits).toEqual([500, 1500, 4500]);
    expect(source.fetchedBytes).toBeGreaterThanOrEqual(source.totalBytes + 5);
  });

  it("gives up after three more tries, and at once where ranges are refused", async () => {
    const { waits, wait } = recordedWaits();
    const checkpoint = await checkpointOf(file);
    const load = (fault: Error) =>
      new WeightSource(checkpoint, new Origin(file, () => fault), LAYERS, { wait }).layers(1, 2, "dense");
    await expect(load(new TypeError("Failed to fetch"))).rejects.toMatchObject({
      reason: "unreachable",
      message: expect.stringMatching(/4 tries.*Failed to fetch.*load again/) as string,
    });
    expect(waits).toHaveLength(3);
    await expect(load(new ModelError("range-refused", "answered 200"))).rejects.toMatchObject({
      reason: "range-refused",
    });
    expect(waits).toHaveLength(3);
  });

  it("stops when aborted: no more requests, the signal's reason", async () => {
    const leave = new AbortController();
    const origin = new Origin(file, (request) => {
      if (request === 1) leave.abort(new Error("left the room"));
      return new TypeError("Failed to fetch");
    });
    const { wait } = recordedWaits();
    const source = new WeightSource(await checkpointOf(file), origin, LAYERS, { signal: leave.signal, wait });
    await expect(source.layers(1, 2, "dense")).rejects.toThrow("left the room");
    expect(origin.requests).toHaveLength(2);
    await expect(source.head("dense")).rejects.toThrow("left the room");
    expect(origin.requests).toHaveLength(2);
  });

  it("waits on the clock between tries, and no longer once aborted", async () => {
    const leave = new AbortController();
    const origin = new Origin(file, () => {
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => leave.abort(new Error("left")))));
      return new TypeError("Failed to fetch");
    });
    const source = new WeightSource(await checkpointOf(file), origin, LAYERS, { signal: leave.signal });
    await expect(source.layers(1, 2, "dense")).rejects.toThrow("left");
  });

  it("refuses a tensor whose bytes are not the catalogue's", async () => {
    const bare = await checkpointOf(file);
    const tensors = await Promise.all(
      bare.tensors.map(async (entry) => {
        const bytes = file.slice(entry.offsetBytes, entry.offsetBytes + entry.sizeBytes);
        return { ...entry, sha256: Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex") };
      }),
    );
    const checkpoint = { ...bare, tensors };
    const damaged = file.slice();
    const victim = tensors.find(({ name }) => name === "blk.2.ffn_up.weight");
    damaged[(victim?.offsetBytes ?? 0) + 100]! ^= 1;
    expect(await new WeightSource(checkpoint, new Origin(file), LAYERS).layers(1, 3, "dense")).toHaveLength(2);
    const source = new WeightSource(checkpoint, new Origin(damaged), LAYERS);
    expect(await source.layers(1, 2, "dense")).toHaveLength(1);
    await expect(source.layers(2, 3, "dense")).rejects.toMatchObject({
      reason: "checksum",
      message: expect.stringMatching(/blk\.2\.ffn_up\.weight.*at its source is damaged/) as string,
    });
  });
});

describe("coalesce", () => {
  const span = (offsetBytes: number, sizeBytes: number) => ({ offsetBytes, sizeBytes });

  it("joins neighbours in any order, across gaps that cost less than 2 % in all", () => {
    expect(coalesce([span(100_010, 50_000), span(0, 100_000)])).toEqual([span(0, 150_010)]);
    // 1,000 fits into 2 % of 150,000; 1,000 and 2,500 together do not: the larger gap stays.
    expect(coalesce([span(0, 50_000), span(52_500, 50_000), span(103_500, 50_000)])).toEqual([
      span(0, 50_000),
      span(52_500, 101_000),
    ]);
  });

  it("never joins across 64 KB or more", () => {
    const size = 100 << 20;
    expect(coalesce([span(0, size), span(size + (64 << 10), size)])).toHaveLength(2);
    expect(coalesce([span(0, size), span(size + (64 << 10) - 1, size)])).toHaveLength(1);
  });

  it("covers overlapping tensors once", () => {
    expect(coalesce([span(0, 1000), span(100, 200), span(900, 500)])).toEqual([span(0, 1400)]);
    expect(coalesce([])).toEqual([]);
  });
});

describe("a store", () => {
  /** As many hashes as tensors; keeps what it is given. */
  class MemoryStore implements TensorStore {
    readonly kept = new Map<string, Uint8Array<ArrayBuffer>>();
    /** Another tab fetches, while this one waits. */
    beforeFetch: (sha256s: readonly string[]) => Promise<void> = () => Promise.resolve();

    find(sha256: string, sizeBytes: number) {
      const kept = this.kept.get(sha256);
      if (kept?.length !== sizeBytes) return Promise.resolve(null);
      const read = (target: Uint8Array<ArrayBuffer>) => {
        target.set(kept);
        return Promise.resolve(true);
      };
      return Promise.resolve({ read });
    }

    async exclusively<T>(sha256s: readonly string[], _: AbortSignal, task: () => Promise<T>): Promise<T> {
      await this.beforeFetch(sha256s);
      return task();
    }

    write(sha256: string, bytes: Uint8Array<ArrayBuffer>) {
      this.kept.set(sha256, bytes.slice());
      return Promise.resolve();
    }

    remove(sha256: string) {
      this.kept.delete(sha256);
      return Promise.resolve();
    }
  }

  async function hashed(): Promise<Checkpoint> {
    const checkpoint = await checkpointOf(file);
    const hash = (from: number, sizeBytes: number) =>
      createHash("sha256")
        .update(file.subarray(from, from + sizeBytes))
        .digest("hex");
    const tensors = checkpoint.tensors.map((entry) => ({ ...entry, sha256: hash(entry.offsetBytes, entry.sizeBytes) }));
    return { ...checkpoint, tensors };
  }

  async function load(checkpoint: Checkpoint, store: TensorStore) {
    const origin = new Origin(file);
    const progress: number[] = [];
    const source = new WeightSource(checkpoint, origin, LAYERS, {
      store,
      onProgress: ({ loadedBytes }) => progress.push(loadedBytes),
    });
    const layers = await source.layers(1, 3, "dense");
    return {
      layers,
      requests: origin.requests.length,
      fetchedBytes: source.fetchedBytes,
      loadedBytes: progress.at(-1),
    };
  }

  it("is given what was fetched, and the second load fetches nothing", async () => {
    const [checkpoint, store] = [await hashed(), new MemoryStore()];
    const first = await load(checkpoint, store);
    expect(first.requests).toBeGreaterThan(0);
    const second = await load(checkpoint, store);
    expect(second).toMatchObject({ requests: 0, fetchedBytes: 0, loadedBytes: first.loadedBytes });
    expect(second.layers).toEqual(first.layers);
  });

  it("is not trusted: what was damaged, or has another size, is fetched and put right", async () => {
    const [checkpoint, store] = [await hashed(), new MemoryStore()];
    const first = await load(checkpoint, store);
    const [one, two] = [...store.kept.keys()];
    if (one === undefined || two === undefined) throw new Error("nothing was kept");
    store.kept.get(one)?.fill(7);
    store.kept.set(two, new Uint8Array(3));
    const second = await load(checkpoint, store);
    expect(second.layers).toEqual(first.layers);
    expect(second.requests).toBeGreaterThan(0);
    expect(second.fetchedBytes).toBeLessThan(first.fetchedBytes);
    expect((await load(checkpoint, store)).requests).toBe(0);
  });

  it("is looked into again when others had to be waited for: what they fetched is not fetched twice", async () => {
    const [checkpoint, theirs, store] = [await hashed(), new MemoryStore(), new MemoryStore()];
    const first = await load(checkpoint, theirs);
    store.beforeFetch = async (sha256s) => {
      for (const sha256 of sha256s.slice(1)) await store.write(sha256, theirs.kept.get(sha256) ?? new Uint8Array());
    };
    const second = await load(checkpoint, store);
    expect(second.layers).toEqual(first.layers);
    expect(second.loadedBytes).toBe(first.loadedBytes);
    expect(second.requests).toBe(1);
  });

  it("never holds tensors without a hash", async () => {
    const [checkpoint, store] = [await checkpointOf(file), new MemoryStore()];
    await load(checkpoint, store);
    expect(store.kept.size).toBe(0);
  });
});
