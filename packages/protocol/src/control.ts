/**
 * Control messages between host and donor: JSON in `control` frames on the control link, checked here. The ring's own order (what changes
 * slots) never travels this way. Unknown fields are dropped, so that a newer page may say more to an older one.
 */
import { z } from "zod";
import { Ask, AskEnded, AskRule, AskText, AskWaits, StopAsk } from "./asking.ts";
import { ProtocolError } from "./errors.ts";
import type { ControlFrame } from "./frame-types.ts";
import { DeviceName } from "./hello.ts";
import { LIMITS, SIGNALING_LIMITS } from "./limits.ts";
import { PeerId } from "./signaling.ts";

const count = z.int().min(0);
const sizeBytes = z.int().min(0);
const ms = z.number().min(0);
const epoch = z.int().min(0).max(0xffff_ffff);
const stage = z
  .int()
  .min(0)
  .max(LIMITS.stages - 1);
const text = z.string().max(1000);
/** Of onnxruntime on wasm. */
const threads = z.int().min(1).max(64);
const Backend = z.enum(["webgpu", "wasm"]);
export type Backend = z.infer<typeof Backend>;

/** Same shape as `ModelShape` of packages/model; letters as everywhere. */
const ModelShape = z.object({
  architecture: z.enum(["llama", "qwen2"]),
  L: z.int().min(1).max(1024),
  D: z.int().min(1).max(LIMITS.hidden),
  F: z
    .int()
    .min(1)
    .max(1 << 20),
  H: z.int().min(1).max(1024),
  K: z.int().min(1).max(1024),
  E: z.int().min(1).max(1024),
  V: z
    .int()
    .min(1)
    .max(1 << 20),
  ropeBase: z.number().positive(),
  rmsEpsilon: z.number().positive(),
  contextLength: z.int().min(1),
});

const TensorEntry = z.object({
  name: z.string().min(1).max(128),
  /** `BlockType` of packages/model, which this package does not import. */
  type: z.enum([
    "F32",
    "F16",
    "BF16",
    "Q4_0",
    "Q4_1",
    "Q5_0",
    "Q5_1",
    "Q8_0",
    "Q2_K",
    "Q3_K",
    "Q4_K",
    "Q5_K",
    "Q6_K",
    "IQ4_NL",
  ]),
  dims: z
    .array(
      z
        .int()
        .min(1)
        .max(1 << 24),
    )
    .min(1)
    .max(4)
    .readonly(),
  offsetBytes: sizeBytes,
  sizeBytes,
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});

/** Same shape as `Checkpoint` of packages/model. */
const Checkpoint = z.object({
  id: z.string().min(1).max(200),
  shape: ModelShape,
  tiedHead: z.boolean(),
  tensors: z.array(TensorEntry).max(4096).readonly(),
});

/** One measured time: `ms` for one layer, `T` new tokens at `S` cached ones. */
const LayerTime = z.object({
  T: z.int().min(1).max(LIMITS.rowsPerFrame),
  S: z.int().min(0).max(LIMITS.slotsPerArena),
  ms,
});

/** `ms` for so many scored rows. */
const HeadTime = z.object({ rows: z.int().min(1).max(LIMITS.rowsPerFrame), ms });

/** Both directions of a link as one end measured them; `back`: towards it. */
const LinkMeasure = z.object({
  /** Median of small messages there and back. */
  rttMs: ms.max(60_000),
  /** Half of them lie within so much of each other. */
  rttSpreadMs: ms.max(60_000),
  bytesPerMs: z.number().positive().max(1e9),
  backBytesPerMs: z.number().positive().max(1e9),
});
export type LinkMeasure = z.infer<typeof LinkMeasure>;

/** Whose stage it is: a donor's, or a share of the host, which runs in the host's own worker. */
const Seat = z.union([z.literal("host"), PeerId]);
export type Seat = z.infer<typeof Seat>;

const Assign = z
  .object({
    type: z.literal("assign"),
    epoch,
    /** The receiver's place in the ring. */
    stageIndex: stage,
    stageCount: z.int().min(1).max(LIMITS.stages),
    /** Every stage's seat, in ring order; the host may sit first, last, both, or between. */
    ring: z.array(Seat).min(1).max(LIMITS.stages).readonly(),
    /** What the host calls them, in the same order: for this device's own sentences. */
    names: z.array(DeviceName).max(LIMITS.stages).readonly().optional(),
    /** Who sends frames here, and who gets them next; `host` at both ends of the ring: the last stage sends it the wanted rows. */
    previous: Seat,
    next: Seat,
    /** Decoder layers `first` (inclusive) to `end` (exclusive). */
    layers: z.object({ first: z.int().min(0), end: z.int().min(1) }),
    /** Of the last stage: it has final norm and LM head, too, and sends the host scores instead of activations. */
    head: z.boolean().optional(),
    /** Only the tensors that this stage needs. */
    checkpoint: Checkpoint,
    /** Where the bytes are; taken by byte ranges. On the page's own server, elsewhere over HTTP, or null: on the host, over a bulk link. */
    url: z
      .string()
      .max(2048)
      .regex(/^(https?:\/\/|\/)/, "a path of this server, or an http(s) address")
      .nullable(),
    backend: z.union([Backend, z.literal("auto")]),
    threads,
    wire: z.enum(["f32", "f16"]),
    /** Cache slots to make room for at first. */
    capacity: z.int().min(1).max(LIMITS.slotsPerArena),
    /** That are open at once, at most. */
    arenas: z.int().min(1).max(LIMITS.arenas),
  })
  .refine(
    ({ stageIndex, stageCount, ring, layers, checkpoint, head }) =>
      ring.length === stageCount &&
      stageIndex < stageCount &&
      (head !== true || stageIndex === stageCount - 1) &&
      layers.first < layers.end &&
      layers.end <= checkpoint.shape.L,
    "the ring must have stageCount seats with this stage among them, the layers must be the model's, and the head is the last stage's",
  );

const HostMessage = z.discriminatedUnion("type", [
  Assign,
  /** Prove and time a layer of this shape, and with `head` its LM head, and answer with `profile` (or `failed`); nothing is fetched for it. */
  z.object({
    type: z.literal("profile"),
    epoch,
    shape: ModelShape,
    head: z.boolean().optional(),
    backend: z.union([Backend, z.literal("auto")]),
    threads,
  }),
  /** Measure the link to this member, and answer with `probed`. */
  z.object({ type: z.literal("probe"), epoch, to: PeerId }),
  /** Every stage is ready and linked: frames of this epoch may come. */
  z.object({ type: z.literal("serve"), epoch }),
  /**
   * Free the layers; stay in the room. `keepsLayers`: layers move, and an `assign` of the same model follows: those that it names again need not be
   * loaded again.
   */
  z.object({ type: z.literal("release"), reason: text, keepsLayers: z.boolean().optional() }),
  z.object({ type: z.literal("ping"), id: count }),
  /** The host took this device out of the room, or closed the room. */
  z.object({ type: z.literal("removed"), why: z.enum(["removed", "closed"]) }),
  /**
   * The room has a new secret, and with it another id, key and link, as `removed` knows the old one. Told over control links alone: what is
   * sealed with the old key is no secret from the removed device.
   */
  z.object({ type: z.literal("rekeyed"), secret: z.string().regex(/^[A-Za-z0-9_-]{22}$/), removed: PeerId }),
  /** What the host calls this device from now on. */
  z.object({ type: z.literal("renamed"), name: DeviceName }),
  /** Who else was let in: links to this device may come from them. Told anew whenever it changes. */
  z.object({ type: z.literal("guests"), peers: z.array(PeerId).max(SIGNALING_LIMITS.membersPerRoom).readonly() }),
  /** This device was let in: what it shows for that when it comes back under another id. The last one counts, once. */
  z.object({ type: z.literal("ticket"), ticket: z.string().regex(/^[0-9a-f]{64}$/) }),
  AskRule,
  AskWaits,
  AskText,
  AskEnded,
]);
export type HostMessage = z.infer<typeof HostMessage>;
export type AssignMessage = z.infer<typeof Assign>;

const DonorMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    name: DeviceName,
    /** Those that may be tried, the preferred one first. */
    backends: z.array(Backend).max(2).readonly(),
    memoryPledgeBytes: sizeBytes,
    threads: z.int().min(1).max(1024),
    userAgent: z.string().max(500),
    /** Measurements of links that it knows how to make and to answer; 0: none. */
    probe: z.int().min(0).max(255).default(0),
    /** Its page knows how to ask questions; others are told nothing of it. */
    asks: z.boolean().default(false),
    /** Name → version of what the results depend on. */
    versions: z.record(z.string().max(50), z.string().max(50)).refine((v) => Object.keys(v).length <= 20),
  }),
  z.object({
    type: z.literal("profile"),
    epoch,
    backend: Backend,
    /** Weights are float32 there, not the file's blocks. */
    unpacks: z.boolean().default(false),
    layerTimes: z.array(LayerTime).max(64).readonly(),
    /** Of final norm, LM head and choice; none where the host did not ask. */
    headTimes: z.array(HeadTime).max(16).readonly().default([]),
    /** Of every frame, however many layers and rows. */
    frameMs: ms.default(0),
    /** From the page to its worker and back. */
    handoverMs: ms.default(0),
    /** It was measured just now, not kept from an earlier start. */
    isAnew: z.boolean().default(true),
    /** Layers' bytes in the file that it took in a millisecond when it loaded some last, if it knows. */
    loadBytesPerMs: z.number().positive().max(1e9).optional(),
  }),
  /** Null: the member did not answer, or there is no way to it. */
  z.object({ type: z.literal("probed"), epoch, to: PeerId, link: LinkMeasure.nullable() }),
  z.object({
    type: z.literal("progress"),
    epoch,
    loadedBytes: sizeBytes,
    totalBytes: sizeBytes,
    phase: z.enum(["fetching", "waiting", "unpacking", "building", "checking", "linking"]),
  }),
  z.object({
    type: z.literal("ready"),
    epoch,
    stage,
    backend: Backend,
    threads: z.int().min(1).max(1024),
    /** How the device's kernels did against known answers, and which fallbacks it took to pass. */
    knownAnswer: z.object({
      maxError: z.number().min(0),
      fallbacks: z.array(z.string().max(100)).max(16).readonly(),
      ms,
    }),
    fetchedBytes: sizeBytes,
    /** Of the layers that it did not hold already: their bytes in the file, and what fetching and taking them in took. */
    loaded: z.object({ bytes: sizeBytes, ms }).optional(),
  }),
  z.object({
    type: z.literal("failed"),
    epoch,
    reason: z.enum([
      "unsupported",
      "fetch",
      "checksum",
      "out-of-memory",
      "known-answer",
      "device-lost",
      "stale-plan",
      "bad-frame",
      "link",
      "internal",
    ]),
    message: text,
    /** Whose frames were at fault, as this device says. */
    from: Seat.optional(),
  }),
  /**
   * The device goes by its own will, so its stage is lost at once, not when the link's silence tells. Hosts treat all reasons alike; who
   * watches the messages can tell a person's choice from a page in the background (it joins again when in front) and a closed tab.
   */
  z.object({ type: z.literal("goodbye"), reason: z.enum(["left", "hidden", "closed"]) }),
  z.object({ type: z.literal("pong"), id: count }),
  z.object({
    type: z.literal("stats"),
    fetchedBytes: sizeBytes,
    /** What the worker holds, where the platform tells. */
    memoryBytes: sizeBytes.nullable(),
    runs: count,
    /** From `run` call to result, summed. */
    computeMs: ms,
  }),
  Ask,
  StopAsk,
]);
export type DonorMessage = z.infer<typeof DonorMessage>;

/** The frame that carries `message`. Checked here too: what is sent is what the other side accepts. */
export function hostMessageFrame(message: HostMessage): ControlFrame {
  return { kind: "control", json: JSON.stringify(parse(HostMessage, message)) };
}

export function donorMessageFrame(message: DonorMessage): ControlFrame {
  return { kind: "control", json: JSON.stringify(parse(DonorMessage, message)) };
}

/** Throws `ProtocolError` 'bad-control' for anything but a valid message of a host. */
export function parseHostMessage(frame: ControlFrame): HostMessage {
  return parse(HostMessage, fromJson(frame.json));
}

/** Throws `ProtocolError` 'bad-control' for anything but a valid message of a donor. */
export function parseDonorMessage(frame: ControlFrame): DonorMessage {
  return parse(DonorMessage, fromJson(frame.json));
}

function fromJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new ProtocolError("bad-control", "a control message must be JSON", { cause });
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw new ProtocolError("bad-control", `control message refused at "${where}": ${issue?.message ?? "unknown"}`);
}
