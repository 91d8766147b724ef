/** A donor's end of its bulk link to the host: opened when the engine first asks for bytes, and again after it was lost. */
import { bulkMessageFrame, encodeFrame, type BulkRequest, type PeerId } from "@jupiter/protocol";
import type { PeerLink, PeerLinks } from "@jupiter/transport";
import type { Engine } from "../engine/engine.ts";

export interface BulkClientOptions {
  readonly links: PeerLinks;
  readonly engine: Engine;
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
    this.#link = null;
    link?.then((open) => open.close()).catch(() => undefined);
  }

  async #send(request: BulkRequest): Promise<void> {
    // What is not wanted any more is no reason to open a link.
    if (this.#link === null && request.type === "drop") return;
    const opening = (this.#link ??= this.#open());
    try {
      await (await opening).send(encodeFrame(bulkMessageFrame(request)));
    } catch (error) {
      if (this.#link === opening) this.#link = null;
      this.#options.engine.bulkLost(error instanceof Error ? error.message : String(error));
    }
  }

  async #open(): Promise<PeerLink> {
    const { links, engine, host } = this.#options;
    const peer = host();
    if (peer === null) throw new TypeError("the host is not in the room at the moment");
    const link = await links.connect(peer, "bulk");
    link.events.on("message", (bytes) => engine.bulk(bytes));
    link.events.on("close", ({ message }) => {
      this.#link = null;
      engine.bulkLost(message);
    });
    return link;
  }
}
