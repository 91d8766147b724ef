/**
 * Weights from a peer: what a donor asks on a bulk link, and what the host says when it cannot answer, as JSON in `control` frames. The bytes
 * themselves come in `bulk` frames, in order: `offset` counts within the answer, `totalBytes` is the whole answer's size.
 */
import { z } from "zod";
import { ProtocolError } from "./errors.ts";
import type { ControlFrame } from "./frame-types.ts";
import { LIMITS } from "./limits.ts";

/** Chosen by who asks; unique on its link. */
const requestId = z.int().min(0).max(0xffff_ffff);

const BulkRequest = z.discriminatedUnion("type", [
  /** Bytes of the model's file. Answered after those that were asked for before. */
  z.object({
    type: z.literal("want"),
    requestId,
    offsetBytes: z.int().min(0),
    sizeBytes: z.int().min(1).max(LIMITS.bulkRequestBytes),
  }),
  /** Not wanted any more; bytes that are on their way may still come. */
  z.object({ type: z.literal("drop"), requestId }),
]);
export type BulkRequest = z.infer<typeof BulkRequest>;

const BulkRefusal = z.object({ type: z.literal("refused"), requestId, message: z.string().max(500) });
export type BulkRefusal = z.infer<typeof BulkRefusal>;

export function bulkMessageFrame(message: BulkRequest | BulkRefusal): ControlFrame {
  return { kind: "control", json: JSON.stringify(message) };
}

/** Throws `ProtocolError` 'bad-control' for anything but a donor's request. */
export function parseBulkRequest({ json }: ControlFrame): BulkRequest {
  return parse(BulkRequest, json);
}

/** Throws `ProtocolError` 'bad-control' for anything but a host's refusal. */
export function parseBulkRefusal({ json }: ControlFrame): BulkRefusal {
  return parse(BulkRefusal, json);
}

function parse<T>(schema: z.ZodType<T>, json: string): T {
  try {
    return schema.parse(JSON.parse(json));
  } catch (cause) {
    throw new ProtocolError("bad-control", "a message on a bulk link must ask for bytes or refuse them", { cause });
  }
}
