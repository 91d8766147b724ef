/** The host's knowledge of all links: its own to each donor it measures itself, those between donors the donors do. One pair after the other. */
import type { LinkCost } from "@jupiter/planner";
import type { LinkMeasure, PeerId, Seat } from "@jupiter/protocol";
import type { PeerLinks } from "@jupiter/transport";
import { abortable } from "./abortable.ts";
import type { DonorProxy, MeasuredLink } from "./donor-proxy.ts";
import { probe, PROBE_TIMEOUT_MS } from "./link-probe.ts";

export interface LinkSurveyOptions {
  readonly links: Pick<PeerLinks, "measure">;
  readonly donor: (peer: PeerId) => Pick<DonorProxy, "device" | "send" | "expect" | "measured">;
  readonly nowMs: () => number;
}

export interface Surveying {
  readonly epoch: number;
  readonly signal: AbortSignal;
  readonly say: (what: { readonly from: Seat; readonly to: PeerId }) => void;
}

/** Networks change; a ring that starts again soon measures nothing. */
const HOLDS_MS = 600_000;
/** Links between donors for which there is no time are taken for what their ends have to the host: of eight devices, 28 pairs would take too long. */
const DONORS_BUDGET_MS = 6000;

/** Null: nobody answered. */
type Known = MeasuredLink | null;

export class LinkSurvey {
  readonly #options: LinkSurveyOptions;
  readonly #known = new Map<string, { readonly known: Known; readonly atMs: number }>();

  constructor(options: LinkSurveyOptions) {
    this.#options = options;
  }

  /** Measures what is not known yet. Rejects with `signal`'s reason alone: who does not answer is planned with a guess. */
  async measure(donors: readonly PeerId[], surveying: Surveying): Promise<void> {
    const { nowMs, donor } = this.#options;
    for (const to of donors) {
      if (!this.#isKnown("host", to)) {
        surveying.say({ from: "host", to });
        const measured = this.#answers(to) ? await probe(this.#options.links, to, surveying.signal) : null;
        this.#learn("host", to, measured);
      }
      donor(to).measured(this.#known.get(keyOf("host", to))?.known ?? null);
    }
    const startMs = nowMs();
    const silent = new Set(donors.filter((peer) => this.cost("host", peer) === null));
    for (const [i, from] of donors.entries()) {
      for (const to of donors.slice(i + 1)) {
        if (silent.has(from) || silent.has(to) || this.#isKnown(from, to)) continue;
        if (nowMs() - startMs > DONORS_BUDGET_MS) return;
        surveying.say({ from, to });
        const measured = await this.#measuredBy(from, to, surveying);
        if (measured === "silent") silent.add(from);
        else this.#learn(from, to, measured);
      }
    }
  }

  /** Null: not measured, or nobody answered. */
  cost(from: Seat, to: Seat): LinkCost | null {
    return this.#known.get(keyOf(from, to))?.known?.cost ?? null;
  }

  #answers(peer: PeerId): boolean {
    return this.#options.donor(peer).device.value.isProbed;
  }

  async #measuredBy(from: PeerId, to: PeerId, { epoch, signal }: Surveying): Promise<LinkMeasure | null | "silent"> {
    const donor = this.#options.donor(from);
    const answer = donor.expect("probed", epoch);
    donor.send({ type: "probe", epoch, to });
    const probed = await within(answer, PROBE_TIMEOUT_MS + 2000, signal);
    return probed === null || probed.to !== to ? "silent" : probed.link;
  }

  #isKnown(from: Seat, to: Seat): boolean {
    const entry = this.#known.get(keyOf(from, to));
    return entry !== undefined && this.#options.nowMs() - entry.atMs < HOLDS_MS;
  }

  #learn(from: Seat, to: Seat, measured: LinkMeasure | null): void {
    const atMs = this.#options.nowMs();
    const known = (bytesPerMs: (measure: LinkMeasure) => number): Known =>
      measured === null
        ? null
        : { cost: { rttMs: measured.rttMs, bytesPerMs: bytesPerMs(measured) }, spreadMs: measured.rttSpreadMs };
    this.#known.set(keyOf(from, to), { known: known((measure) => measure.bytesPerMs), atMs });
    this.#known.set(keyOf(to, from), { known: known((measure) => measure.backBytesPerMs), atMs });
  }
}

function keyOf(from: Seat, to: Seat): string {
  return `${from} ${to}`;
}

/** Null: it took longer. Rejects as `work` does, or with the signal's reason. */
async function within<T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), timeoutMs)));
  return await abortable(Promise.race([work, late]), signal).finally(() => clearTimeout(timer));
}
