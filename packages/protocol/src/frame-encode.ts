/** Frame → bytes. The layout is in `frame-layout.ts`. */
import { ByteWriter } from "./byte-cursor.ts";
import { ProtocolError } from "./errors.ts";
import { checkBulk, checkCount, checkProbe, checkRingFrame } from "./frame-check.ts";
import {
  checkFrameBytes,
  COMMANDS,
  FLAGS,
  FRAME_VERSION,
  HEAD_BYTES,
  KINDS,
  PROBE_STEPS,
  type RingFrame,
  TIME_BYTES,
} from "./frame-layout.ts";
import type { CacheCommand, Frame, RowScore, StageTime } from "./frame-types.ts";
import { LIMITS } from "./limits.ts";

/** One allocation of the frame's size; the frame's arrays are copied. Throws `ProtocolError` for a frame that no peer would accept. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  switch (frame.kind) {
    case "rows":
    case "commands":
    case "return":
    case "scores":
    case "ack":
      return encodeRingFrame(frame);
    case "cancel": {
      checkCount("too-many-frames", "cancelled frames", frame.frames.length, 1, LIMITS.framesPerCancel);
      const out = start(frame.kind, 8 + 4 * frame.frames.length);
      out.u32(frame.frames.length);
      for (const number of frame.frames) out.u32(number);
      return out.bytes;
    }
    case "control": {
      const text = new TextEncoder().encode(frame.json);
      checkCount("too-large", "bytes of control", text.length, 0, LIMITS.controlBytes);
      const out = start(frame.kind, 8 + text.length);
      out.u32(text.length);
      out.raw(text);
      return out.bytes;
    }
    case "bulk": {
      checkBulk(frame);
      const out = start(frame.kind, 28 + frame.bytes.length);
      out.u32(frame.requestId);
      out.u53(frame.offset);
      out.u53(frame.totalBytes);
      out.u32(frame.bytes.length);
      out.raw(frame.bytes);
      return out.bytes;
    }
    case "probe": {
      checkProbe(frame);
      const out = new ByteWriter(16 + frame.bytes.length);
      for (const byte of [FRAME_VERSION, KINDS.indexOf(frame.kind), PROBE_STEPS.indexOf(frame.step), 0]) out.u8(byte);
      for (const number of [frame.number, frame.value, frame.bytes.length]) out.u32(number);
      out.raw(frame.bytes);
      return out.bytes;
    }
    default:
      frame satisfies never;
      throw new ProtocolError("kind", "unknown kind of frame");
  }
}

/** Size of an encoded ring frame. */
export function frameBytes(frame: RingFrame): number {
  return HEAD_BYTES + TIME_BYTES * frame.times.length + bodyBytes(frame);
}

/** Of one row's scores with so many best ids. */
export function scoreBytes(best: number): number {
  return 24 + 16 * best;
}

function encodeRingFrame(frame: RingFrame): Uint8Array<ArrayBuffer> {
  checkRingFrame(frame);
  const out = new ByteWriter(checkFrameBytes(frameBytes(frame)));
  out.u8(FRAME_VERSION);
  out.u8(KINDS.indexOf(frame.kind));
  const isF16 = (frame.kind === "rows" || frame.kind === "return") && frame.activations.wire === "f16";
  out.u8(("dead" in frame && frame.dead ? FLAGS.dead : 0) | (isF16 ? FLAGS.f16 : 0));
  out.u8(frame.times.length);
  out.u32(frame.frame);
  out.u32(frame.epoch);
  for (const time of frame.times) writeTime(out, time);
  switch (frame.kind) {
    case "rows": {
      const { rows, activations } = frame;
      for (const value of [frame.commands.length, rows.parents.length, rows.arena, rows.base, activations.hidden]) {
        out.u32(value);
      }
      out.raw(rows.positions);
      out.raw(rows.parents);
      out.raw(rows.wanted);
      out.align4();
      for (const command of frame.commands) writeCommand(out, command);
      out.raw(activations.data);
      break;
    }
    case "commands":
      out.u32(frame.commands.length);
      for (const command of frame.commands) writeCommand(out, command);
      break;
    case "return":
      out.u32(frame.rowIndices.length);
      out.u32(frame.activations.hidden);
      out.raw(Uint16Array.from(frame.rowIndices));
      out.align4();
      out.raw(frame.activations.data);
      break;
    case "scores":
      out.u32(frame.scores.length);
      out.u32(Math.round(frame.headUs));
      for (const score of frame.scores) writeScore(out, score);
      break;
    case "ack":
      break;
    default:
      frame satisfies never;
  }
  return out.bytes;
}

function bodyBytes(frame: RingFrame): number {
  switch (frame.kind) {
    case "rows":
      return (
        20 + align4(9 * frame.rows.parents.length) + commandBytes(frame.commands) + frame.activations.data.byteLength
      );
    case "commands":
      return 4 + commandBytes(frame.commands);
    case "return":
      return 8 + align4(2 * frame.rowIndices.length) + frame.activations.data.byteLength;
    case "scores":
      return frame.scores.reduce((sum, { best, asked }) => sum + scoreBytes(best.length) + 8 * asked.length, 8);
    case "ack":
      return 0;
    default:
      frame satisfies never;
      return 0;
  }
}

function commandBytes(commands: readonly CacheCommand[]): number {
  const words = { keep: 4, move: 5, free: 2, plan: 2 };
  return commands.reduce((sum, c) => sum + 4 * (words[c.kind] + ("slots" in c ? c.slots.length : 0)), 0);
}

function align4(sizeBytes: number): number {
  return (sizeBytes + 3) & ~3;
}

function start(kind: Frame["kind"], sizeBytes: number): ByteWriter {
  const out = new ByteWriter(sizeBytes);
  out.u8(FRAME_VERSION);
  out.u8(KINDS.indexOf(kind));
  out.zeros(2);
  return out;
}

function writeTime(out: ByteWriter, { stage, computeUs, queueUs }: StageTime): void {
  out.u32(stage);
  out.u32(Math.round(computeUs));
  out.u32(Math.round(queueUs));
}

function writeCommand(out: ByteWriter, command: CacheCommand): void {
  out.u8(COMMANDS.indexOf(command.kind));
  out.zeros(3);
  if (command.kind === "plan") return out.u32(command.epoch);
  out.u32(command.arena);
  if (command.kind === "free") return;
  out.u32(command.base);
  if (command.kind === "move") out.u32(command.from);
  out.u32(command.slots.length);
  for (const slot of command.slots) out.u32(slot);
}

function writeScore(out: ByteWriter, score: RowScore): void {
  for (const value of [score.row, score.chosen, score.best.length, score.asked.length]) out.u32(value);
  out.f64(score.entropy);
  for (const { id, logProb } of score.best) {
    out.u32(id);
    out.zeros(4);
    out.f64(logProb);
  }
  for (const logProb of score.asked) out.f64(logProb);
}
