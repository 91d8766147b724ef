/** What an engine worker asks of its draft worker, through Comlink. */
import type { Draft } from "@jupiter/pipeline";
import type { LoadedShare, ModelSource, Outcome } from "./api.ts";

export interface DraftOrder {
  readonly source: ModelSource;
  readonly id: string;
  /** Origin of the room's server, for models that are named by a path. */
  readonly server: string;
  /** Slots of its cache. */
  readonly capacity: number;
  /** The vocabulary whose ids it is to guess. */
  readonly vocabulary: readonly string[];
}

/** A place in a text. Texts grow, so of each only what is new travels. */
export interface DraftPlace {
  readonly branch: string;
  /** Certain tokens that were told before. */
  readonly known: number;
  readonly certain: readonly number[];
  readonly drafted: readonly number[];
}

export interface DraftTold {
  readonly progress: (loadedBytes: number, totalBytes: number) => void;
  readonly storage: (message: string) => void;
}

export interface DraftApi {
  /** Once in a worker's life, before all questions. */
  load(order: DraftOrder, told: DraftTold): Promise<Outcome<LoadedShare>>;
  /** One at a time. */
  extend(places: readonly DraftPlace[], budget: number): Promise<readonly Draft[]>;
  /** The question that is being answered, if any, has become pointless. */
  callBack(): void;
  forget(branch: string): void;
}
