import { ModelError } from "@jupiter/model";
import { PipelineError } from "@jupiter/pipeline";
import { ProtocolError, SlotError } from "@jupiter/protocol";
import { RuntimeError } from "@jupiter/runtime";
import type { FailureReason, Outcome } from "./api.ts";

export async function outcome<T>(task: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await task() };
  } catch (error) {
    return { ok: false, ...failure(error) };
  }
}

/** What a person and the control protocol are told of an error. */
export function failure(error: unknown): { readonly reason: FailureReason; readonly message: string } {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, 1000);
  if (!isMemoryFull(error)) return { reason: reasonOf(error), message };
  const text = `This tab's memory is full (${message}). Give this device fewer layers or a shorter context.`;
  return { reason: "out-of-memory", message: text };
}

function reasonOf(error: unknown): FailureReason {
  if (error instanceof RuntimeError) {
    switch (error.reason) {
      case "out-of-memory":
      case "device-lost":
      case "known-answer":
      case "bad-frame":
        return error.reason;
      case "no-webgpu":
        return "unsupported";
      case "session":
      case "disposed":
        return "internal";
      default:
        return error.reason satisfies never;
    }
  }
  if (error instanceof ModelError) {
    switch (error.reason) {
      case "unsupported":
      case "checksum":
        return error.reason;
      case "range-refused":
      case "unreachable":
      case "truncated":
        return "fetch";
      case "not-gguf":
      case "limits":
      case "missing-tensor":
      case "shape":
        return "unsupported";
      default:
        return error.reason satisfies never;
    }
  }
  if (error instanceof PipelineError) {
    switch (error.reason) {
      case "stale-plan":
      case "bad-frame":
        return error.reason;
      case "out-of-order":
      case "too-many-frames":
        return "bad-frame";
      // This device's own doing: as bad frames they would be put down to whoever sent the last one.
      case "stage-failed":
      case "no-ring":
        return "internal";
      default:
        return error.reason satisfies never;
    }
  }
  if (error instanceof ProtocolError || error instanceof SlotError) return "bad-frame";
  // `fetch` rejects with a TypeError when there is no network.
  return error instanceof TypeError && /fetch|network/i.test(error.message) ? "fetch" : "internal";
}

/** As browsers say it of arrays, of memory for wasm, and of modules that bring their own. */
function isMemoryFull(error: unknown): boolean {
  const isOfBrowser = error instanceof RangeError || (error instanceof Error && error.name === "InternalError");
  return isOfBrowser && /memory|allocat/i.test(error.message);
}
