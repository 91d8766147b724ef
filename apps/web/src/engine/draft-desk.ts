/** The two ends of a drafter that works on another thread: texts travel as they grow, and a question that became pointless is called back. */
import type { BranchView, Draft, Drafter } from "@jupiter/pipeline";
import type { DraftApi, DraftPlace } from "./draft-api.ts";

type Asked = Pick<DraftApi, "extend" | "callBack" | "forget">;

/** The same over a thread's border. */
interface RemoteDesk {
  extend(...question: Parameters<Asked["extend"]>): Promise<readonly Draft[]>;
  callBack(): Promise<void>;
  forget(branch: string): Promise<void>;
}

/** On the drafter's thread. */
export class DraftDesk implements Asked {
  readonly #drafter: Drafter;
  readonly #texts = new Map<string, number[]>();
  #asked: AbortController | null = null;

  constructor(drafter: Drafter) {
    this.#drafter = drafter;
  }

  async extend(places: readonly DraftPlace[], budget: number): Promise<readonly Draft[]> {
    const views = places.map(({ branch, known, certain, drafted }): BranchView => {
      const text = this.#texts.get(branch) ?? [];
      if (text.length !== known) throw new RangeError(`${known} tokens of a text are to be known, not ${text.length}`);
      text.push(...certain);
      this.#texts.set(branch, text);
      return { branch, certain: text, drafted };
    });
    const asked = (this.#asked = new AbortController());
    try {
      return await this.#drafter.extend(views, budget, { signal: asked.signal });
    } finally {
      this.#asked = null;
    }
  }

  callBack(): void {
    this.#asked?.abort();
  }

  forget(branch: string): void {
    this.#texts.delete(branch);
    this.#drafter.forget(branch);
  }
}

/** On the engine's thread. */
export class RemoteDrafter implements Drafter {
  readonly name = "model";
  readonly #desk: RemoteDesk;
  /** Tokens of each branch that the other end knows. */
  readonly #told = new Map<string, number>();

  constructor(desk: RemoteDesk) {
    this.#desk = desk;
  }

  async extend(
    views: readonly BranchView[],
    budget: number,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<readonly Draft[]> {
    const places = views.map(({ branch, certain, drafted }): DraftPlace => {
      const known = this.#told.get(branch) ?? 0;
      this.#told.set(branch, certain.length);
      return { branch, known, certain: certain.slice(known), drafted };
    });
    const callBack = () => void this.#desk.callBack();
    signal.addEventListener("abort", callBack, { once: true });
    try {
      return await this.#desk.extend(places, budget);
    } finally {
      signal.removeEventListener("abort", callBack);
    }
  }

  forget(branch: string): void {
    if (this.#told.delete(branch)) void this.#desk.forget(branch);
  }
}
