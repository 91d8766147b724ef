/**
 * Frames as bytes. Little endian; a multiple-of-4 layout, so that arrays can be viewed where they lie.
 *
 * ```
 * every frame   u8 version, u8 kind
 * ring frames   u8 flags (1 dead, 2 f16), u8 times, u32 frame, u32 epoch, times × (u32 stage, u32 computeUs, u32 queueUs), then
 *   rows        u32 commands, u32 T, u32 arena, u32 base, u32 hidden, i32 positions[T], i32 parents[T], u8 wanted[T], pad,
 *               commands, values[T * hidden] (none when dead)
 *   commands    u32 commands, commands
 *   return      u32 R, u32 hidden, u16 rowIndices[R], pad, values[R * hidden]
 *   scores      u32 count, u32 headUs, count × (u32 row, u32 chosen, u32 best, u32 asked, f64 entropy, best × (u32 id, u32 0, f64 logProb), asked × f64)
 *   ack         nothing more
 * cancel        u16 0, u32 count, u32 frames[count]
 * control       u16 0, u32 bytes, UTF-8
 * bulk          u16 0, u32 requestId, u64 offset, u64 totalBytes, u32 bytes, bytes
 * probe         u8 step, u8 0, u32 number, u32 value, u32 bytes, bytes
 * a command     u8 tag, 3 × u8 0, then keep: u32 arena, base, count, slots; move: u32 arena, base, from, count, slots; free: u32 arena; plan: u32 epoch
 * ```
 */
import type { Frame } from "./frame-types.ts";
import { ProtocolError } from "./errors.ts";
import { LIMITS } from "./limits.ts";

export const FRAME_VERSION = 1;

/** By number on the wire. */
export const KINDS = ["rows", "commands", "return", "scores", "ack", "cancel", "control", "bulk", "probe"] as const;
export const COMMANDS = ["keep", "move", "free", "plan"] as const;
export const PROBE_STEPS = ["ping", "pong", "fill", "arrived", "want"] as const;
export const FLAGS = { dead: 1, f16: 2 } as const;
export const HEAD_BYTES = 12;
export const TIME_BYTES = 12;

export type RingFrame = Extract<Frame, { readonly frame: number }>;

export function checkFrameBytes(sizeBytes: number): number {
  if (sizeBytes <= LIMITS.frameBytes) return sizeBytes;
  throw new ProtocolError("too-large", `a frame has at most ${LIMITS.frameBytes} bytes; got ${sizeBytes}`);
}
