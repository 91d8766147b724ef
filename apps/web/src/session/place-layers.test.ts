import {
  BLOCK_TYPES,
  loadLayer,
  readGguf,
  type Architecture,
  type BlockType,
  type Checkpoint,
  type LayerWeights,
} from "@jupiter/model";
import { PeerId, type AssignMessage } from "@jupiter/protocol";
import { memoryByteSource, tinyCheckpoint } from "@jupiter/testkit";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  draftBytes,
  heldLayerBytes,
  placeLayers,
  whatLayersMiss,
  type PlaceDevice,
  type PlaceOptions,
} from "./place-layers.ts";

const phone = PeerId.parse("phone_01");
const laptop = PeerId.parse("laptop_1");

async function tiny(type: BlockType, architecture: "llama" | "qwen2" = "llama") {
  const dims = { L: 6, D: 256, F: 512, H: 4, K: 2 };
  const typeOf = (name: string) => (name.startsWith("blk.") ? type : "Q8_0");
  const source = memoryByteSource(tinyCheckpoint({ architecture, dims, typeOf }));
  return { checkpoint: (await readGguf(source, "tiny")).checkpoint, source };
}

function bytesOf(layer: LayerWeights): number {
  const parts: readonly LayerWeights[keyof LayerWeights][] = Object.values(layer);
  const held = parts.flatMap((part): readonly (ArrayBufferView | null)[] => {
    if (part instanceof Float32Array) return [part];
    const { weights, bias } = part;
    if (weights.form === "dense") return [weights.data, bias];
    return [weights.packed, weights.scales, weights.zeroPoints, weights.minimums, bias];
  });
  return held.reduce((sum, values) => sum + (values?.byteLength ?? 0), 0);
}

it("a checkpoint on its way to a donor names the block types and architectures that models have, none more and none less", () => {
  type Sent = AssignMessage["checkpoint"];
  // Checked by the compiler.
  expectTypeOf<Sent["tensors"][number]["type"]>().toEqualTypeOf<BlockType>();
  expectTypeOf<Sent["shape"]["architecture"]>().toEqualTypeOf<Architecture>();
});

describe("bytes of a layer are those of the loaded one", () => {
  it.each(BLOCK_TYPES)("%s", async (type) => {
    const { checkpoint, source } = await tiny(type, type === "Q5_0" ? "qwen2" : "llama");
    const blocks = await loadLayer(checkpoint, source, 1, "blocks");
    expect(heldLayerBytes(checkpoint, "gpu")).toEqual(Array(6).fill(bytesOf(blocks)));
    const dense = await loadLayer(checkpoint, source, 1, "dense");
    expect(heldLayerBytes(checkpoint, "float32")).toEqual(Array(6).fill(bytesOf(dense)));
  });
});

/** Of a layer that takes so many milliseconds a row. */
const timesOf = (ms: number) => [1, 32].map((T) => ({ T, S: 0, ms: ms * T }));

const sharesOf = ({ stages }: ReturnType<typeof placeLayers>): Readonly<Record<string, number>> =>
  Object.fromEntries(stages.map(({ seat, layers }) => [seat, layers.end - layers.first]));

it("a model that guesses ahead is counted in the host's memory", async () => {
  const { checkpoint } = await tiny("Q8_0");
  const placed = (memoryBytes: number, draft: typeof checkpoint | null) =>
    whatLayersMiss({
      ...{ checkpoint, hostLayers: "all", capacity: 256, arenas: 1, layers: undefined, draft },
      devices: [{ seat: "host", name: "this device", layerTimes: timesOf(1), memoryBytes, backend: "wasm" }],
    });
  const enough = 160 << 20;
  expect(placed(enough, null)).toBeNull();
  expect(placed(enough, checkpoint)?.reason).toBe("memory");
  expect(placed(enough + draftBytes(checkpoint, 256), checkpoint)).toBeNull();
});

describe("placing", () => {
  const device = (seat: PlaceDevice["seat"], change: Partial<PlaceDevice> = {}): PlaceDevice => ({
    seat,
    name: seat === phone ? "Phone" : seat === laptop ? "Laptop" : "the host",
    layerTimes: timesOf(1),
    memoryBytes: Infinity,
    backend: "wasm",
    unpacks: true,
    ...change,
  });
  const options = (checkpoint: Checkpoint, change: Partial<PlaceOptions> = {}): PlaceOptions => ({
    checkpoint,
    hostLayers: "none",
    capacity: 64,
    arenas: 2,
    layers: undefined,
    devices: [device(phone, { layerTimes: timesOf(2) }), device(laptop)],
    ...change,
  });

  it("follows measured times, or the given counts", async () => {
    const { checkpoint } = await tiny("Q4_1");
    expect(sharesOf(placeLayers(options(checkpoint)))).toEqual({ [phone]: 1, [laptop]: 5 });
    const alike = [device(phone), device(laptop)];
    expect(sharesOf(placeLayers(options(checkpoint, { devices: alike })))).toEqual({ [phone]: 3, [laptop]: 3 });
    const devices = [device(phone), device("host")];
    expect(placeLayers(options(checkpoint, { devices, hostLayers: "both", layers: [1, 2, 3] })).stages).toMatchObject([
      { seat: "host", layers: { first: 0, end: 1 } },
      { seat: phone, layers: { first: 1, end: 3 } },
      { seat: "host", layers: { first: 3, end: 6 } },
    ]);
    expect(() => placeLayers(options(checkpoint, { layers: [6] }))).toThrow("expected 2 counts (Phone, Laptop)");
  });

  it("leaves out who slows the ring down where it may, down to the host alone", async () => {
    const { checkpoint } = await tiny("Q4_1");
    const devices = [device(phone, { layerTimes: timesOf(50), roundTripMs: 80 }), device(laptop), device("host")];
    const leftOut = (change: Partial<PlaceOptions>) => {
      const { stages, leftOut } = placeLayers(options(checkpoint, { devices, hostLayers: "first", ...change }));
      return { seats: stages.map(({ seat }) => seat), leftOut };
    };
    expect(leftOut({})).toMatchObject({ leftOut: [] });
    expect(leftOut({ takes: "best" }).leftOut).toContain(phone);
    const fast = device("host", { layerTimes: timesOf(0.01) });
    const alone = { takes: "best", devices: [...devices.slice(0, 2), fast] } as const;
    expect(leftOut(alone)).toEqual({ seats: ["host"], leftOut: [phone, laptop] });
    expect(leftOut({ ...alone, hostLayers: "none" }).seats).toEqual([laptop]);
  });

  it("holds a pledge against the weights as the back end keeps them, and the promised context", async () => {
    const { checkpoint } = await tiny("Q4_0");
    const [layerBytes = 0] = heldLayerBytes(checkpoint, "float32");
    const memoryBytes = (128 << 20) + 2 * layerBytes + 2 * (layerBytes + 4 * 64 * (2 * 2 * 64 * 2 + 64));
    const layersOn = (change: Partial<PlaceDevice>, more: Partial<PlaceOptions> = {}) => {
      const devices = [device(phone, { layerTimes: timesOf(0.01), ...change }), device(laptop)];
      return sharesOf(placeLayers(options(checkpoint, { devices, ...more })))[phone];
    };
    expect(layersOn({ memoryBytes })).toBe(2);
    expect(layersOn({ memoryBytes: memoryBytes - 1 })).toBe(1);
    expect(layersOn({ memoryBytes }, { capacity: 65 })).toBe(1);
    expect(layersOn({ memoryBytes, unpacks: false, backend: "webgpu" })).toBe(5);
  });

  it("has the head on the host, or where it may be elsewhere, on the last device if that is faster", async () => {
    const { checkpoint } = await tiny("Q4_1");
    const headOf = (change: Partial<PlaceOptions>, hostMs: number) => {
      const host = device("host", { layerTimes: [], headTimes: [{ rows: 1, ms: hostMs }] });
      const devices = [device(phone, { layerTimes: timesOf(2) }), device(laptop), host];
      return placeLayers(options(checkpoint, { devices, ...change })).head;
    };
    expect(headOf({}, 900)).toBe("host");
    expect(headOf({ head: "best" }, 900)).not.toBe("host");
    expect(headOf({ head: "best" }, 0.001)).toBe("host");
    expect(headOf({ head: "last" }, 0.001)).not.toBe("host");
    // Nothing is weighed: the first one allowed; and a host that ends the ring has the head whatever is asked.
    expect(headOf({ head: "best", layers: [3, 3] }, 900)).toBe("host");
    expect(headOf({ head: "last", layers: [3, 3] }, 0.001)).toBe(laptop);
    expect(headOf({ head: "last", hostLayers: "last", layers: [2, 2, 2] }, 900)).toBe("host");
  });

  it("counts the head's weights where they lie, beside an embedding of the same values", async () => {
    const { checkpoint } = await tiny("Q4_1");
    expect(checkpoint.tiedHead).toBe(true);
    const { V, D } = checkpoint.shape;
    const [headBytes, embeddingBytes] = [4 * (V * D + D), (V * D * 34) / 32];
    const [layerBytes = 0] = heldLayerBytes(checkpoint, "float32");
    const fixedBytes = (128 << 20) + 2 * layerBytes;
    const onLaptop = fixedBytes + 6 * (layerBytes + 4 * 64 * (2 * 2 * 64 * 2 + 64));
    const fits = (head: PlaceOptions["head"], laptopBytes: number, hostBytes: number) => {
      const host = device("host", { memoryBytes: hostBytes });
      const devices = [device(laptop, { memoryBytes: laptopBytes }), host];
      return whatLayersMiss(options(checkpoint, { devices, ...(head === undefined ? {} : { head }) })) === null;
    };
    const onHost = fixedBytes + embeddingBytes;
    expect(fits("host", onLaptop, onHost + headBytes)).toBe(true);
    expect(fits("host", onLaptop, onHost + headBytes - 1)).toBe(false);
    expect(fits("last", onLaptop + headBytes, onHost)).toBe(true);
    expect(fits("last", onLaptop + headBytes - 1, onHost)).toBe(false);
    expect(fits("best", onLaptop + headBytes, onHost)).toBe(true);
    expect(fits("best", onLaptop, onHost + headBytes)).toBe(true);
    expect(fits("best", onLaptop, onHost)).toBe(false);
  });

  it("tells the page what is missing", async () => {
    const { checkpoint } = await tiny("Q4_0");
    const devices = [device(phone, { memoryBytes: 1e8 })];
    expect(() => placeLayers(options(checkpoint, { devices }))).toThrow(
      expect.objectContaining({
        name: "EngineError",
        reason: "out-of-memory",
        message: expect.stringContaining("Phone"),
      }),
    );
    const crowd = Array.from({ length: 7 }, (_, i) => device(PeerId.parse(`donor_0${i}`)));
    expect(() => placeLayers(options(checkpoint, { devices: crowd }))).toThrow(
      expect.objectContaining({ reason: "unsupported", message: expect.stringContaining("6 layers") }),
    );
  });
});
