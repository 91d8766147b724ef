/** The host's end of bulk links: a file that a person chose, for the donors that have layers of it. */
import {
  bulkMessageFrame,
  decodeFrame,
  encodeFrame,
  LIMITS,
  parseBulkRequest,
  ProtocolError,
  type BulkRequest,
  type PeerId,
} from "@jupiter/protocol";
import type { PeerLink } from "@jupiter/transport";

type Want = Extract<BulkRequest, { type: "want" }>;

/** Answers each link's requests in order, a slice in memory at a time; links do not wait for each other. */
export class BulkServer {
  /** Null: weights come from elsewhere. */
  file: Blob | null = null;
  readonly #links = new Map<PeerLink, PeerId>();

  accept(from: PeerId, link: PeerLink): void {
    this.#links.set(link, from);
    const queue: Want[] = [];
    let isPumping = false;
    const pump = async () => {
      if (isPumping) return;
      isPumping = true;
      try {
        for (let want = queue[0]; want !== undefined; want = queue[0]) {
          await this.#answer(link, want, () => queue[0] === want);
          if (queue[0] === want) queue.shift();
        }
      } catch {
        void link.close(); // It is closed already, or broken.
      }
      isPumping = false;
    };
    link.events.on("message", (bytes) => {
      try {
        take(queue, requestOf(bytes));
      } catch {
        // Whoever sends such bytes is broken or hostile: the link ends, the room goes on.
        queue.length = 0;
        void link.close();
      }
      void pump();
    });
    link.events.on("close", () => {
      this.#links.delete(link);
      queue.length = 0;
    });
  }

  /** This member gets no more bytes. */
  expel(peer: PeerId): void {
    for (const [link, from] of this.#links) if (from === peer) void link.close();
  }

  /** All links; donors open new ones when they need bytes again. */
  close(): void {
    for (const link of this.#links.keys()) void link.close();
  }

  async #answer(link: PeerLink, want: Want, isWanted: () => boolean): Promise<void> {
    const { requestId, offsetBytes, sizeBytes: totalBytes } = want;
    const refuse = (message: string) =>
      link.send(encodeFrame(bulkMessageFrame({ type: "refused", requestId, message })));
    for (let offset = 0; offset < totalBytes && isWanted();) {
      const { file } = this;
      if (file === null) return refuse("The host has no such file any more; it must be chosen again there.");
      if (offsetBytes + totalBytes > file.size) return refuse(`The host's file ends at byte ${file.size}.`);
      const at = offsetBytes + offset;
      const slice = file.slice(at, at + Math.min(LIMITS.bulkBytes, totalBytes - offset));
      const bytes = await slice.arrayBuffer().then(
        (buffer) => new Uint8Array(buffer),
        () => null,
      );
      if (bytes === null) return refuse("The host cannot read its file any more; it must be chosen again there.");
      await link.send(encodeFrame({ kind: "bulk", requestId, offset, totalBytes, bytes }));
      offset += bytes.length;
    }
  }
}

function requestOf(bytes: Uint8Array): BulkRequest {
  const frame = decodeFrame(bytes);
  if (frame.kind === "control") return parseBulkRequest(frame);
  throw new ProtocolError("kind", `a ${frame.kind} frame came over a bulk link`);
}

function take(queue: Want[], request: BulkRequest): void {
  if (request.type === "drop") {
    const at = queue.findIndex(({ requestId }) => requestId === request.requestId);
    if (at >= 0) queue.splice(at, 1);
    return;
  }
  if (queue.length >= LIMITS.bulkRequests) {
    throw new ProtocolError("too-large", `more than ${LIMITS.bulkRequests} requests wait on one bulk link`);
  }
  queue.push(request);
}
