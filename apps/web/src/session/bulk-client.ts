/** A donor's end of its bulk link to the host: opened when the engine first asks for bytes, and again after it was lost. */
import { bulkMessageFrame, encodeFrame, type BulkRequest, type PeerId } from "@jupiter/protocol";
import type { PeerLink, PeerLinks } from "@jupiter/transport";
import type { Engine } from "../engine/engine.ts";

export interface BulkClientOptions {
  readonly links: Pick<PeerLinks, "connect">;
  readonly engine: Pick<Engine, "events" | "bulk" | "bulkLost">;
  /** Null: it is not in the room at the moment. */
  readonly host: () => PeerId | null;
}

export class BulkClient {
  readonly #options: BulkClientOptions;
  #link: Promise<PeerLink> | null = null;

  constructor(options: BulkClientOptions) {
    this.#options = options;
    options.engine.events.on("bulk-request", ({ request }) => void this.#send(request));
    options.engine.events.on("bulk-fault", () => this.close());
  }

  /** The engine is told, so that nothing waits for bytes that do not come. */
  close(): void {
    const link = this.#link;
    if (link === null) return;
    this.#lost(link, "The link for bytes to the host was closed.");
    link.then((open) => open.close()).catch(() => undefined);
  }

  async #send(request: BulkRequest): Promise<void> {
    // What is not wanted any more is no reason to open a link.
    if (this.#link === null && request.type === "drop") return;
    const link = (this.#link ??= this.#open());
    try {
      await (await link).send(encodeFrame(bulkMessageFrame(request)));
    } catch (error) {
      this.#lost(link, error instanceof Error ? error.message : String(error));
    }
  }

  #open(): Promise<PeerLink> {
    const opening = this.#connect().then((link) => {
      link.events.on("message", (bytes) => {
        if (this.#link === opening) this.#options.engine.bulk(bytes);
      });
      link.events.on("close", ({ message }) => this.#lost(opening, message));
      return link;
    });
    return opening;
  }

  async #connect(): Promise<PeerLink> {
    const { links, host } = this.#options;
    const peer = host();
    if (peer === null) throw new TypeError("the host is not in the room at the moment");
    return links.connect(peer, "bulk");
  }

  /** What a link that was given up has to say does not concern the reads of today's worker. */
  #lost(link: Promise<PeerLink>, message: string): void {
    if (this.#link !== link) return;
    this.#link = null;
    this.#options.engine.bulkLost(message);
  }
}
