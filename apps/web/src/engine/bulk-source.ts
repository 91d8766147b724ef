/** The host's file as seen from a donor's worker: bytes asked for over the bulk link, which the page holds. */
import { delay, ModelError, unlessStalled, type ByteSource, type Wait } from "@jupiter/model";
import {
  decodeFrame,
  parseBulkRefusal,
  ProtocolError,
  type BulkFrame,
  type BulkRefusal,
  type BulkRequest,
} from "@jupiter/protocol";

export interface BulkSourceOptions {
  /** To the host; the page opens a link where there is none. */
  readonly ask: (request: BulkRequest) => void;
  /** For tests; default: the clock. */
  readonly wait?: Wait;
}

interface Pending {
  readonly target: Uint8Array;
  filledBytes: number;
  /** The host is there. */
  readonly heard: () => void;
  readonly came: () => void;
  readonly resolve: () => void;
  readonly reject: (error: ModelError) => void;
}

/** Reads reject with 'unreachable': the link was lost, the host refused, or it was silent for 20 s. They may be tried again. */
export class BulkSource implements ByteSource {
  readonly #ask: (request: BulkRequest) => void;
  readonly #wait: Wait;
  readonly #pending = new Map<number, Pending>();
  #requests = 0;

  constructor({ ask, wait = delay }: BulkSourceOptions) {
    this.#ask = ask;
    this.#wait = wait;
  }

  async read(offsetBytes: number, sizeBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = new Uint8Array(sizeBytes);
    await this.readInto(bytes, offsetBytes, signal);
    return bytes;
  }

  readInto(
    target: Uint8Array,
    offsetBytes: number,
    signal?: AbortSignal,
    came: (sizeBytes: number) => void = () => undefined,
  ): Promise<number> {
    return unlessStalled("The host", this.#wait, signal, (signal, heard) => {
      const requestId = this.#requests++;
      return new Promise<number>((resolve, reject) => {
        signal.throwIfAborted();
        const end = () => {
          this.#pending.delete(requestId);
          signal.removeEventListener("abort", abort);
        };
        const abort = () => {
          end();
          this.#ask({ type: "drop", requestId });
          reject(signal.reason as Error);
        };
        signal.addEventListener("abort", abort, { once: true });
        const pending: Pending = {
          target,
          filledBytes: 0,
          heard,
          came: () => came(pending.filledBytes),
          resolve() {
            end();
            resolve(target.length);
          },
          reject(error) {
            end();
            reject(error);
          },
        };
        this.#pending.set(requestId, pending);
        this.#ask({ type: "want", requestId, offsetBytes, sizeBytes: target.length });
      });
    });
  }

  /** One message of the link. Throws `ProtocolError` for what no host sends. */
  receive(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.kind === "bulk") this.#fill(frame);
    else if (frame.kind === "control") this.#refused(parseBulkRefusal(frame));
    else throw new ProtocolError("kind", `a ${frame.kind} frame came over a bulk link`);
  }

  /** The link is gone. */
  lost(message: string): void {
    const text = `The link over which the host sends weights was lost: ${message}`;
    for (const { reject } of [...this.#pending.values()]) reject(new ModelError("unreachable", text));
  }

  #fill({ requestId, offset, totalBytes, bytes }: BulkFrame): void {
    const pending = this.#pending.get(requestId);
    if (pending === undefined) return; // dropped, while this was on its way
    if (totalBytes !== pending.target.length || offset !== pending.filledBytes) {
      const came = `${offset} of ${totalBytes}`;
      throw new ProtocolError(
        "bad-range",
        `expected byte ${pending.filledBytes} of ${pending.target.length}, ${came} came`,
      );
    }
    pending.target.set(bytes, offset);
    pending.filledBytes += bytes.length;
    pending.came();
    // One link answers in order: whatever comes over it shows that those that wait are not forgotten.
    for (const { heard } of this.#pending.values()) heard();
    if (pending.filledBytes === pending.target.length) pending.resolve();
  }

  #refused({ requestId, message }: BulkRefusal): void {
    this.#pending.get(requestId)?.reject(new ModelError("unreachable", message));
  }
}
