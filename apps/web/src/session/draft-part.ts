/** The smaller model that guesses for the ring's: what a person wants of it, and what became of that. A ring never fails for want of it. */
import { signal, type ReadonlySignal } from "@preact/signals";
import type { Engine } from "../engine/engine.ts";
import type { Model } from "./ring.ts";

export type DraftState =
  | { readonly kind: "none" }
  | { readonly kind: "loading"; readonly model: Model }
  | { readonly kind: "ready"; readonly model: Model; readonly memoryBytes: number; readonly fetchedBytes: number }
  | { readonly kind: "failed"; readonly model: Model; readonly message: string };

export class DraftPart {
  readonly state: ReadonlySignal<DraftState>;
  readonly #state = signal<DraftState>({ kind: "none" });
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.state = this.#state;
    engine.events.on("draft-failed", ({ message }) => {
      const state = this.#state.peek();
      if (state.kind === "ready") this.#state.value = { kind: "failed", model: state.model, message };
    });
  }

  /** The last that was asked for, whatever became of it. */
  get wanted(): Model | null {
    const state = this.#state.peek();
    return state.kind === "none" ? null : state.model;
  }

  /** From the open model's next token on; null: none. `capacity`: slots of its cache. Resolves when it is there, or has failed. */
  async use(model: Model | null, capacity: number): Promise<void> {
    if (model === null) {
      this.#state.value = { kind: "none" };
      await this.#engine.running?.dropDraft();
      return;
    }
    const loading = { kind: "loading", model } as const;
    this.#state.value = loading;
    const state = await this.#load(model, capacity);
    if (this.#state.peek() === loading) this.#state.value = state;
  }

  async #load(model: Model, capacity: number): Promise<DraftState> {
    try {
      const loaded = await this.#engine.api.loadDraft(model.source, model.id, capacity);
      if (!loaded.ok) return { kind: "failed", model, message: loaded.message };
      const { memoryBytes, fetchedBytes } = loaded.value;
      return { kind: "ready", model, memoryBytes, fetchedBytes };
    } catch (error) {
      return { kind: "failed", model, message: error instanceof Error ? error.message : String(error) };
    }
  }
}
