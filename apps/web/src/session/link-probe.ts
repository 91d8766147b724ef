/** Measuring the link to another member over a connection of its own, and being measured. Activations go the same way, so what is found holds for them. */
import type { LinkMeasure, PeerId } from "@jupiter/protocol";
import type { IncomingLink, PeerLinks } from "@jupiter/transport";
import { RateLimit } from "./rate-limit.ts";

/** Opening a connection through a busy page takes a second or two; a measurement a third of one. */
export const PROBE_TIMEOUT_MS = 8000;
/** A room of many devices measures all pairs once; nobody measures all the time. */
const RATE = { perSecond: 0.2, burst: 64 };

/** Null: nobody answers there, or there is no way. Rejects only with `signal`'s reason. */
export async function probe(
  links: Pick<PeerLinks, "measure">,
  peer: PeerId,
  signal: AbortSignal,
): Promise<LinkMeasure | null> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
  try {
    return await links.measure(peer, { signal: patience });
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/** Links that others opened to measure them: one of each member at a time, for no longer than a measurement takes. */
export class ProbeAnswers {
  readonly #open = new Map<PeerId, IncomingLink["link"]>();
  readonly #limit = new RateLimit(RATE, performance.now());
  readonly #links: Pick<PeerLinks, "answer">;

  constructor(links: Pick<PeerLinks, "answer">) {
    this.#links = links;
  }

  accept({ from, link }: IncomingLink): void {
    if (this.#open.has(from) || !this.#limit.take(performance.now())) {
      void link.close();
      return;
    }
    this.#open.set(from, link);
    const timer = setTimeout(() => void link.close(), PROBE_TIMEOUT_MS);
    link.events.on("close", () => {
      clearTimeout(timer);
      this.#open.delete(from);
    });
    this.#links.answer(link);
  }

  /** An answer begins: nothing is measured beside it. */
  close(): void {
    for (const link of this.#open.values()) void link.close();
  }
}
