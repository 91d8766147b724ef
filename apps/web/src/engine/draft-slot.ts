/** Where a draft model is put in, exchanged and taken out while answers go on: the drafter that requests name, whether there is one or not. */
import type { BranchView, Draft, Drafter } from "@jupiter/pipeline";
import { proxy, wrap } from "comlink";
import type { LoadedShare, Outcome } from "./api.ts";
import { Calls } from "./calls.ts";
import type { DraftApi, DraftOrder, DraftTold } from "./draft-api.ts";
import { RemoteDrafter } from "./draft-desk.ts";
import { failure } from "./outcome.ts";
import { isSameVocabulary } from "./vocabulary.ts";

export interface DraftSlotPorts extends DraftTold {
  /** It guesses no more; answers go on without it. */
  readonly failed: (message: string) => void;
}

interface Loaded {
  readonly order: DraftOrder;
  readonly share: LoadedShare;
  readonly drafter: RemoteDrafter;
}

export class DraftSlot implements Drafter {
  readonly name = "model";
  readonly isCostly = true;
  readonly #ports: DraftSlotPorts;
  #end: (message: string) => void = () => undefined;
  #loaded: Loaded | null = null;

  constructor(ports: DraftSlotPorts) {
    this.#ports = ports;
  }

  /** In the place of what was there, which is kept where it is the same; if it fails there is none. */
  async load(order: DraftOrder): Promise<Outcome<LoadedShare>> {
    if (this.#loaded !== null && isSame(this.#loaded.order, order))
      return { ok: true, value: { ...this.#loaded.share, fetchedBytes: 0 } };
    this.drop();
    const worker = new Worker(new URL("./draft.worker.ts", import.meta.url), { type: "module", name: "draft" });
    const calls = new Calls(wrap<DraftApi>(worker));
    const end = (this.#end = (message) => {
      worker.terminate();
      calls.end(new Error(message));
    });
    worker.onerror = ({ message }) => end(`The draft model stopped: ${message}. Reload this page to have it again.`);
    const { progress, storage } = this.#ports;
    try {
      const share = await calls.api.load(order, proxy({ progress, storage }));
      if (!share.ok) end(share.message);
      else if (this.#end === end) this.#loaded = { order, share: share.value, drafter: new RemoteDrafter(calls.api) };
      return share;
    } catch (error) {
      return { ok: false, ...failure(error) };
    }
  }

  /** Its memory is free at once. */
  drop(): void {
    this.#loaded = null;
    this.#end("The draft model was taken out.");
    this.#end = () => undefined;
  }

  /** Nothing where there is no model, or it just ended. */
  extend(
    views: readonly BranchView[],
    budget: number,
    options: { readonly signal: AbortSignal },
  ): readonly Draft[] | Promise<readonly Draft[]> {
    const loaded = this.#loaded;
    if (loaded === null) return [];
    return loaded.drafter.extend(views, budget, options).catch((error: unknown) => {
      if (this.#loaded !== loaded) return [];
      this.drop();
      this.#ports.failed(error instanceof Error ? error.message : String(error));
      return [];
    });
  }

  forget(branch: string): void {
    this.#loaded?.drafter.forget(branch);
  }
}

function isSame(a: DraftOrder, b: DraftOrder): boolean {
  const isSameModel = a.source === b.source && a.id === b.id && a.capacity === b.capacity;
  return isSameModel && isSameVocabulary(a.vocabulary, b.vocabulary);
}
