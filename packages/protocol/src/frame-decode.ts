/** Bytes → frame. The layout is in `frame-layout.ts`. */
import { ByteReader } from "./byte-cursor.ts";
import { ProtocolError } from "./errors.ts";
import { checkBulk, checkCount, checkHidden, checkProbe, checkRingFrame } from "./frame-check.ts";
import { checkFrameBytes, COMMANDS, FLAGS, FRAME_VERSION, KINDS, PROBE_STEPS, type RingFrame } from "./frame-layout.ts";
import type { Activations, CacheCommand, Frame, RowScore, StageTime } from "./frame-types.ts";
import { LIMITS } from "./limits.ts";

/**
 * The frame's arrays view `bytes` where alignment allows (a message that starts at a multiple of 4), so whoever decodes owns `bytes` from
 * then on and changes it no more. Throws `ProtocolError` for anything else than one whole, valid frame.
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  checkFrameBytes(bytes.length);
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== FRAME_VERSION) {
    throw new ProtocolError("version", `this page speaks version ${FRAME_VERSION}, the peer ${version}; reload both`);
  }
  const tag = reader.u8();
  const kind = KINDS[tag];
  if (kind === undefined) throw new ProtocolError("kind", `no kind of frame has number ${tag}`);
  const frame = decodeKind(kind, reader);
  reader.end();
  return frame;
}

function decodeKind(kind: Frame["kind"], reader: ByteReader): Frame {
  switch (kind) {
    case "rows":
    case "commands":
    case "return":
    case "scores":
    case "ack":
      return decodeRingFrame(kind, reader);
    case "cancel": {
      reader.zeros(2);
      const count = readCount(reader, "too-many-frames", "cancelled frames", 1, LIMITS.framesPerCancel);
      return { kind, frames: Array.from(reader.u32s(count)) };
    }
    case "control": {
      reader.zeros(2);
      const count = readCount(reader, "too-large", "bytes of control", 0, LIMITS.controlBytes);
      return { kind, json: decodeText(reader.bytes(count)) };
    }
    case "bulk": {
      reader.zeros(2);
      const requestId = reader.u32();
      const offset = reader.u53();
      const totalBytes = reader.u53();
      const bytes = reader.bytes(readCount(reader, "too-large", "bytes of weights", 0, LIMITS.bulkBytes));
      checkBulk({ offset, totalBytes, bytes });
      return { kind, requestId, offset, totalBytes, bytes };
    }
    case "probe": {
      const tag = reader.u8();
      const step = PROBE_STEPS[tag];
      reader.zeros(1);
      if (step === undefined) throw new ProtocolError("kind", `no step of a probe has number ${tag}`);
      const [number, value] = [reader.u32(), reader.u32()];
      const bytes = reader.bytes(readCount(reader, "too-large", "bytes of a probe", 0, LIMITS.probeBytes));
      const frame = { kind, step, number, value, bytes } as const;
      checkProbe(frame);
      return frame;
    }
    default:
      kind satisfies never;
      throw new ProtocolError("kind", "unknown kind of frame");
  }
}

function decodeRingFrame(kind: RingFrame["kind"], reader: ByteReader): RingFrame {
  const flags = reader.u8();
  const allowed =
    (kind === "rows" || kind === "ack" ? FLAGS.dead : 0) | (kind === "rows" || kind === "return" ? FLAGS.f16 : 0);
  if ((flags & ~allowed) !== 0) throw new ProtocolError("bad-flags", `flags ${flags} mean nothing on a ${kind} frame`);
  const timeCount = reader.u8();
  checkCount("too-many-times", "stage times", timeCount, 0, LIMITS.stages);
  const head = { frame: reader.u32(), epoch: reader.u32(), times: repeat(timeCount, () => readTime(reader)) };
  const frame = decodeRingBody(
    kind,
    reader,
    head,
    (flags & FLAGS.dead) !== 0,
    (flags & FLAGS.f16) !== 0 ? "f16" : "f32",
  );
  checkRingFrame(frame);
  return frame;
}

function decodeRingBody(
  kind: RingFrame["kind"],
  reader: ByteReader,
  head: { readonly frame: number; readonly epoch: number; readonly times: readonly StageTime[] },
  dead: boolean,
  wire: Activations["wire"],
): RingFrame {
  switch (kind) {
    case "rows": {
      const commandCount = readCount(reader, "too-many-commands", "commands", 0, LIMITS.commandsPerFrame);
      const T = readCount(reader, "too-many-rows", "rows", 1, LIMITS.rowsPerFrame);
      const arena = reader.u32();
      const base = reader.u32();
      const hidden = reader.u32();
      const rows = { arena, base, positions: reader.i32s(T), parents: reader.i32s(T), wanted: reader.bytes(T) };
      reader.align4();
      const commands = repeat(commandCount, () => readCommand(reader));
      return { kind, ...head, commands, rows, dead, activations: readActivations(reader, wire, dead ? 0 : T, hidden) };
    }
    case "commands": {
      const count = readCount(reader, "too-many-commands", "commands", 0, LIMITS.commandsPerFrame);
      return { kind, ...head, commands: repeat(count, () => readCommand(reader)) };
    }
    case "return": {
      const R = readCount(reader, "too-many-rows", "returned rows", 1, LIMITS.rowsPerFrame);
      const hidden = reader.u32();
      const rowIndices = Array.from(reader.u16s(R));
      reader.align4();
      return { kind, ...head, rowIndices, activations: readActivations(reader, wire, R, hidden) };
    }
    case "scores": {
      const count = readCount(reader, "too-many-scores", "scores", 1, LIMITS.rowsPerFrame);
      return { kind, ...head, headUs: reader.u32(), scores: repeat(count, () => readScore(reader)) };
    }
    case "ack":
      return { kind, ...head, dead };
    default:
      kind satisfies never;
      throw new ProtocolError("kind", "unknown kind of frame");
  }
}

function readCount(
  reader: ByteReader,
  reason: Parameters<typeof checkCount>[0],
  what: string,
  min: number,
  max: number,
): number {
  const count = reader.u32();
  checkCount(reason, what, count, min, max);
  return count;
}

function readTime(reader: ByteReader): StageTime {
  return { stage: reader.u32(), computeUs: reader.u32(), queueUs: reader.u32() };
}

function readCommand(reader: ByteReader): CacheCommand {
  const tag = reader.u8();
  const kind = COMMANDS[tag];
  reader.zeros(3);
  if (kind === undefined) throw new ProtocolError("kind", `no command has number ${tag}`);
  if (kind === "plan") return { kind, epoch: reader.u32() };
  const arena = reader.u32();
  if (kind === "free") return { kind, arena };
  const base = reader.u32();
  if (kind === "keep") return { kind, arena, base, slots: readSlots(reader) };
  return { kind, arena, base, from: reader.u32(), slots: readSlots(reader) };
}

function readSlots(reader: ByteReader): number[] {
  return Array.from(reader.u32s(readCount(reader, "too-many-slots", "slots of a command", 0, LIMITS.slotsPerCommand)));
}

function readScore(reader: ByteReader): RowScore {
  const row = reader.u32();
  const chosen = reader.u32();
  const bestCount = readCount(reader, "too-many-scores", "best ids of a row", 0, LIMITS.bestPerRow);
  const askedCount = readCount(reader, "too-many-scores", "asked ids of a row", 0, LIMITS.asksPerRow);
  const entropy = reader.f64();
  const best = repeat(bestCount, () => {
    const id = reader.u32();
    reader.zeros(4);
    return { id, logProb: reader.f64() };
  });
  return { row, chosen, best, asked: repeat(askedCount, () => reader.f64()), entropy };
}

function readActivations(reader: ByteReader, wire: Activations["wire"], rows: number, hidden: number): Activations {
  checkHidden(hidden, rows);
  return wire === "f16"
    ? { wire, rows, hidden, data: reader.u16s(rows * hidden) }
    : { wire, rows, hidden, data: reader.f32s(rows * hidden) };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ProtocolError("bad-text", "control messages must be UTF-8", { cause });
  }
}

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
