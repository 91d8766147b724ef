/** One device's engine, in its worker. Frames are routed here; what they mean is decided in packages/pipeline. */
import type { ByteSource } from "@jupiter/model";
import { decodeFrame, encodeFrame, type AssignMessage, type Frame, type Seat } from "@jupiter/protocol";
import {
  configureOrt,
  graphFloat,
  hideSubgroups,
  knownAnswerTest,
  profileHead,
  profileLayers,
  watchDevice,
} from "@jupiter/runtime";
import { expose } from "comlink";
import type { EngineApi, EngineSettings, FailureReason, FromEngine, Phase, RingSettings, ToEngine } from "./api.ts";
import { BulkSource } from "./bulk-source.ts";
import { EmulatedDevice } from "./emulation.ts";
import { HostEngine } from "./host-engine.ts";
import { inspect } from "./inspect.ts";
import { setModelServer } from "./model-address.ts";
import { failure, outcome } from "./outcome.ts";
import { Shares } from "./shares.ts";
import { byteSource } from "./weights.ts";

let settings: EngineSettings | null = null;
let port: MessagePort | null = null;
let ring: RingSettings | null = null;
let device: EmulatedDevice | null = null;

const progress = (loadedBytes: number, totalBytes: number, phase: Phase) =>
  emit({ kind: "progress", loadedBytes, totalBytes, phase });
const storage = (message: string) => emit({ kind: "storage", message });
const bulk = new BulkSource({ ask: (request) => emit({ kind: "bulk-request", request }) });
const shares = new Shares({ source, send, progress, storage, failed: fail, emulated: () => device });
const host = new HostEngine({
  send: (frame) => send(ring?.first ?? "host", frame),
  cancel(frames) {
    shares.cancel(frames);
    emit({ kind: "cancel", frames });
  },
  emit,
  progress,
  storage,
  // What makes no sense in a lap came back with it.
  failed: (reason, message) => fail(reason === "bad-frame" ? (ring?.last ?? null) : null, reason, message),
  emulated: () => device,
  draftFailed: (message) => emit({ kind: "draft-failed", message }),
});

function own(): Seat {
  if (settings === null) throw new TypeError("configure comes before every other call");
  return settings.self;
}

function source({ url }: AssignMessage): ByteSource {
  if (url !== null) return byteSource(url);
  return own() === "host" ? host.source : bulk;
}

function emit(event: FromEngine): void {
  port?.postMessage(event, event.kind === "frame" ? [event.bytes.buffer] : []);
}

function fail(from: Seat | null, reason: FailureReason, message: string): void {
  emit({ kind: "failed", from, reason, message });
}

/** To a neighbour over its link, or within this device. */
function send(to: Seat, frame: Frame): void {
  if (to === own()) deliver(to, frame);
  else emit({ kind: "frame", to, bytes: encodeFrame(frame) });
}

/** A frame's kind says which end of the ring it is for; its sender must be the one from whom such frames come. */
function deliver(from: Seat, frame: Frame): void {
  switch (frame.kind) {
    case "rows":
    case "commands":
      shares.receive(from, frame);
      return;
    case "return":
    case "scores":
    case "ack":
      if (ring !== null && ring.last === from) host.receive(frame);
      return;
    case "cancel":
    case "control":
    case "bulk":
    case "probe":
      fail(from, "bad-frame", `A ${frame.kind} frame came over the link for activations.`);
      return;
    default:
      frame satisfies never;
  }
}

function onDeviceLost(error: unknown): void {
  const { reason, message } = failure(error);
  fail(null, reason, message);
}

function onMessage({ data }: MessageEvent<ToEngine>): void {
  switch (data.kind) {
    case "cancel":
      shares.cancel(data.frames);
      return;
    case "bulk":
      receiveBulk(data.bytes);
      return;
    case "bulk-lost":
      bulk.lost(data.message);
      return;
    case "frame":
      receiveFrame(data.from, data.bytes);
      return;
    default:
      data satisfies never;
  }
}

function receiveFrame(from: Seat, bytes: Uint8Array): void {
  try {
    deliver(from, decodeFrame(bytes));
  } catch (error) {
    const { reason, message } = failure(error);
    fail(from, reason, message);
  }
}

function receiveBulk(bytes: Uint8Array): void {
  try {
    bulk.receive(bytes);
  } catch (error) {
    const { message } = failure(error);
    bulk.lost(message);
    emit({ kind: "bulk-fault", message });
  }
}

const api: EngineApi = {
  configure(engineSettings, framePort) {
    settings = engineSettings;
    device = settings.emulation === null ? null : new EmulatedDevice(settings.emulation);
    port = framePort;
    port.onmessage = onMessage;
    if (settings.hideSubgroups) hideSubgroups();
    setModelServer(settings.server);
    configureOrt(settings.threads);
  },
  prove: (shape, { backend, kernels, maxRows }) =>
    outcome(async () => {
      if (device !== null && device.replay !== null) return { passed: true, maxError: 0, ms: 0 };
      const start = performance.now();
      const type = await graphFloat(backend);
      const { passed, errors } = await knownAnswerTest(shape, { backend, type, kernels, maxRows });
      return { passed, maxError: Math.max(...Object.values(errors)), ms: performance.now() - start };
    }),
  profile: (shape, { backend, kernels, maxRows }, wish) =>
    outcome(async () => {
      if (device !== null) return device.times;
      const form = { backend, type: await graphFloat(backend), kernels, maxRows };
      const layers = wish.layers ? await profileLayers(shape, form) : { layerTimes: [], frameMs: 0 };
      return { ...layers, headTimes: wish.head ? await profileHead(shape, form) : [] };
    }),
  loadShare: (assign, rung) =>
    outcome(async () => {
      const loaded = await shares.load(assign, rung);
      // A donor has one stage; the host may load another one.
      if (own() !== "host") await shares.letGo();
      if (rung.backend === "webgpu") void watchDevice(onDeviceLost);
      return loaded;
    }),
  dropShares: () => shares.drop(),
  holdShares: () => shares.hold(),
  stats() {
    const { fetchedBytes, ...stats } = shares.stats;
    return { ...stats, emulation: device?.stats ?? null, fetchedBytes: fetchedBytes + host.fetchedBytes };
  },
  holds: () => host.holds,
  alter: (costs) => device?.change(costs),
  inspect: (source, id) => outcome(() => inspect(source, id)),
  openModel: (source, id) => outcome(() => host.openModel(source, id)),
  hashTensors: (names) => outcome(() => host.hashTensors(names)),
  loadEnds: (rung, scores) =>
    outcome(async () => {
      await shares.letGo();
      const loaded = await host.loadEnds(rung, scores);
      if (rung.backend === "webgpu") void watchDevice(onDeviceLost);
      return loaded;
    }),
  loadMedusa: (source) => outcome(() => host.loadMedusa(source)),
  loadDraft: (source, id, capacity) => host.loadDraft({ source, id, capacity, server: settings?.server ?? "" }),
  dropDraft: () => host.dropDraft(),
  ringReady(ringSettings) {
    ring = ringSettings;
    host.ringReady(ringSettings);
  },
  ringLost(reason) {
    ring = null;
    host.ringLost(reason);
  },
  ask: (options) => host.ask(options),
  promptTokens: (question) => host.promptTokens(question),
  stopAnswer: (id) => host.stopAnswer(id),
  closeConversation: (conversation) => host.closeConversation(conversation),
  probe: (frames) => host.probe(frames),
};
expose(api);
