/** What the donor's page shows and does: a visit to one room, and what this device lends to it. */
import { effect, signal } from "@preact/signals";
import { hasWebRtc } from "../browser/surroundings.ts";
import { grantedBytes } from "../browser/granted-memory.ts";
import { askBeforeLeaving } from "../browser/other-link.ts";
import { keepEnd, keptEnd, type FinalEnd } from "../browser/kept-end.ts";
import { keepName, keptName } from "../browser/kept-name.ts";
import { keepTicket, keptTicket } from "../browser/kept-ticket.ts";
import { markVisit, unfinishedVisit } from "../browser/unfinished-visit.ts";
import { WakeLock } from "../browser/wake-lock.ts";
import { deviceName, isPhone, maxPledgeBytes, memoryPledgeBytes } from "../session/device.ts";
import { OwnQuestions } from "../session/own-questions.ts";
import { texts } from "../texts/index.ts";
import type { DonorSession } from "../session/donor-session.ts";
import { cleanName } from "../state/names.ts";

export type Visit =
  | { readonly kind: "before" }
  /** Before this page was loaded. */
  | { readonly kind: "ended"; readonly why: FinalEnd }
  | { readonly kind: "joining" }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "joined"; readonly session: DonorSession };

interface Notice {
  readonly title: string;
  readonly text: string;
}

/** Of what was pledged when the system ended the tab. */
const LESS = 0.6;
const STEP_BYTES = 64 * 2 ** 20;

export class DonorStore {
  readonly visit = signal<Visit>({ kind: "before" });
  readonly name = signal(cleanName(keptName() ?? "", deviceName()));
  readonly pledgeBytes = signal(memoryPledgeBytes());
  readonly maxPledgeBytes = maxPledgeBytes();
  readonly stepBytes = STEP_BYTES;
  /** What this browser lacks without which joining is of no use; null: nothing. */
  readonly cannotJoin = hasWebRtc() ? null : texts.donor.noWebRtc;
  /** Why less memory is offered than was to be: the system ended this tab before, or the browser does not give as much. */
  readonly offersLess = signal<Notice | null>(null);
  readonly #questions = new OwnQuestions();
  #link: string;
  readonly #wakeLock = new WakeLock();
  /** Left because the page was hidden; joins again when it is seen. */
  #isAway = false;
  /** From the host, for the next visit. */
  #ticket: string | null = null;
  /** What the visit before left is known. */
  readonly #ready: Promise<void>;

  constructor(link: string) {
    this.#link = link;
    const ended = keptEnd(link.slice(link.indexOf("#")));
    if (ended !== null) this.visit.value = { kind: "ended", why: ended };
    this.#ready = this.#lookBack();
    effect(() => {
      const visit = this.visit.value;
      const state = visit.kind === "joined" ? visit.session.state.value.kind : "left";
      const isLending = state === "loading" || state === "ready" || state === "serving";
      this.#wakeLock.want(isLending);
      markVisit(isLending ? this.pledgeBytes.peek() : null);
    });
    effect(() => {
      const visit = this.visit.value;
      if (visit.kind === "joined") this.#keepTicket(visit.session);
    });
    effect(() => {
      const visit = this.visit.value;
      if (visit.kind === "joined") this.#follow(visit.session);
    });
    effect(() => {
      const visit = this.visit.value;
      const state = visit.kind === "joined" ? visit.session.state.value : null;
      // A phone's page that was hidden comes back by itself; who left has done with it.
      if (state?.kind === "left" && state.why !== "hidden") {
        this.#questions.startAnew();
        this.#questions.draft.value = "";
      }
      if (visit.kind === "joined" && state?.kind === "left") keepEnd(state.why, visit.session.link.peek());
    });
    addEventListener("pagehide", () => markVisit(null));
    askBeforeLeaving(() => {
      const visit = this.visit.value;
      return visit.kind === "joined" && visit.session.state.value.kind !== "left";
    });
    document.addEventListener("visibilitychange", () => void this.#onVisibility());
  }

  async join(): Promise<void> {
    const { kind } = this.visit.value;
    if (kind === "joining" || kind === "ended" || this.cannotJoin !== null) return;
    this.visit.value = { kind: "joining" };
    try {
      // Only now: whoever was sent the link sees at once what it is about.
      const { joinRoom } = await import("../compose.ts").catch((cause: unknown) => {
        throw new Error(texts.donor.pageNotFetched, { cause });
      });
      await this.#ready;
      const name = cleanName(this.name.value, deviceName());
      this.name.value = name;
      keepName(name);
      this.#pledgeWhatIsGranted();
      const session = await joinRoom({
        link: this.#link,
        name,
        pledgeBytes: this.pledgeBytes.value,
        ticket: this.#ticket,
        questions: this.#questions,
      });
      this.visit.value = { kind: "joined", session };
    } catch (error) {
      this.visit.value = { kind: "refused", message: error instanceof Error ? error.message : String(error) };
    }
  }

  /** The host knows this device again, however this page ended; not where one of the two ended the visit itself. */
  #keepTicket({ state, ticket, link }: DonorSession): void {
    const { value: now } = state;
    const isOver = now.kind === "left" && now.why !== "hidden";
    this.#ticket = isOver ? null : ticket.value;
    keepTicket(this.#ticket, link.value);
  }

  #pledgeWhatIsGranted(): void {
    const granted = grantedBytes(this.pledgeBytes.value);
    if (granted === this.pledgeBytes.value) return;
    this.pledgeBytes.value = granted;
    this.offersLess.value = { title: texts.donor.granted(granted), text: texts.donor.grantedHint };
  }

  async #lookBack(): Promise<void> {
    // At once: the constructor's effects take the mark away.
    const unfinished = unfinishedVisit();
    this.#ticket = await keptTicket(this.#link.slice(this.#link.indexOf("#")));
    const pledged = await unfinished;
    if (pledged === null || pledged === 0) return;
    this.pledgeBytes.value = Math.max(STEP_BYTES, Math.round((pledged * LESS) / STEP_BYTES) * STEP_BYTES);
    this.offersLess.value = { title: texts.donor.startedAnew, text: texts.donor.systemClosed };
  }

  /** The host may call this device something else, and the room may get another link: a reload finds both. */
  #follow({ name, link }: DonorSession): void {
    if (name.value !== this.name.peek()) {
      this.name.value = name.value;
      keepName(name.value);
    }
    if (link.value === this.#link.slice(this.#link.indexOf("#"))) return;
    this.#link = link.value;
    // Unlike an assignment to the hash, this reloads nothing.
    history.replaceState(history.state, "", link.value);
  }

  /** A phone stops a hidden page within seconds, its links with it: better to say goodbye while that is possible. */
  async #onVisibility(): Promise<void> {
    const visit = this.visit.value;
    if (document.visibilityState === "visible") {
      if (!this.#isAway) return;
      this.#isAway = false;
      await this.join();
      return;
    }
    if (!isPhone() || visit.kind !== "joined" || visit.session.state.value.kind === "left") return;
    this.#isAway = true;
    await visit.session.leave("hidden");
  }
}
