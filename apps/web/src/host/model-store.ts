/** The models that this host can choose from: those it was offered, and files and addresses that a person added. */
import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { InspectedModel, ModelSource, Outcome } from "../engine/api.ts";
import { fileNameOf, parseAddress } from "../state/model-address.ts";
import type { Offer } from "../state/offers.ts";

/** The last file or address that was added. */
export type Adding =
  | { readonly kind: "none" }
  | { readonly kind: "reading"; readonly name: string }
  | { readonly kind: "refused"; readonly name: string; readonly message: string };

export interface ModelStoreOptions {
  readonly offers: readonly Offer[];
  readonly inspect: (source: ModelSource, id: string) => Promise<Outcome<InspectedModel>>;
  /** A model that was added can be chosen. */
  readonly added: (offer: Offer) => void;
}

export class ModelStore {
  readonly offers: ReadonlySignal<readonly Offer[]>;
  readonly adding: ReadonlySignal<Adding>;
  readonly #offers: Signal<readonly Offer[]>;
  readonly #adding = signal<Adding>({ kind: "none" });
  readonly #options: ModelStoreOptions;
  /** Of the addition that counts: the last. */
  #tries = 0;

  constructor(options: ModelStoreOptions) {
    this.#options = options;
    this.offers = this.#offers = signal(options.offers);
    this.adding = this.#adding;
  }

  addFile(file: File): Promise<void> {
    return this.#add(file, file.name, "file");
  }

  async addAddress(text: string): Promise<void> {
    const address = parseAddress(text, location.origin);
    if (address.kind === "refused") {
      this.#adding.value = { ...address, name: text.trim().slice(0, 200) };
      return;
    }
    await this.#add(address.url, fileNameOf(address.url), "address");
  }

  async #add(source: ModelSource, name: string, from: "file" | "address"): Promise<void> {
    const mine = ++this.#tries;
    this.#adding.value = { kind: "reading", name };
    // Not an id of the catalogue, whose checksums are not this file's.
    const id = `${from}:${name}`.slice(0, 200);
    const inspected = await this.#inspect(source, id);
    if (mine !== this.#tries) return;
    if (!inspected.ok) {
      this.#adding.value = { kind: "refused", name, message: inspected.message };
      return;
    }
    const { checkpoint, title, licence, sizeBytes } = inspected.value;
    const { contextLength } = checkpoint.shape;
    const offer: Offer = {
      ...{ id, source, from, licence, sizeBytes, contextLength },
      title: title ?? name,
      goodAt: null,
      form: checkpoint,
    };
    this.#offers.value = [...this.#offers.value.filter((other) => other.id !== id), offer];
    this.#adding.value = { kind: "none" };
    this.#options.added(offer);
  }
  /** An engine that is ended meanwhile, or whose room was left, reads nothing: that is an outcome as well. */
  async #inspect(source: ModelSource, id: string): Promise<Outcome<InspectedModel>> {
    try {
      return await this.#options.inspect(source, id);
    } catch (error) {
      return { ok: false, reason: "internal", message: error instanceof Error ? error.message : String(error) };
    }
  }
}
