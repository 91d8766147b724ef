/** The models a host may choose from, and where each one's bytes come from. */
import type { CatalogueEntry } from "@jupiter/model";
import type { Model } from "../session/host-session.ts";

export interface Offer extends CatalogueEntry, Model {
  /** False: its bytes come from the internet. */
  readonly isHere: boolean;
}

/** One entry of the server's answer to `/models/`. */
export interface ListedModel {
  readonly file: string;
  readonly sizeBytes: number;
  readonly url: string;
}

/** What is no list is no list: not every server of rooms has models. */
export function parseListing(listing: unknown): readonly ListedModel[] {
  if (!Array.isArray(listing)) return [];
  return listing.flatMap((entry: unknown) => {
    const { file, sizeBytes, url } = (entry ?? {}) as Partial<Record<keyof ListedModel, unknown>>;
    if (typeof file !== "string" || typeof sizeBytes !== "number") return [];
    return [{ file, sizeBytes, url: typeof url === "string" ? url : `/models/${encodeURIComponent(file)}` }];
  });
}

/** Those of this server first. A file of another size than the catalogue's is another file, or half of it. */
export function offersOf(catalogue: readonly CatalogueEntry[], listing: readonly ListedModel[]): readonly Offer[] {
  const offers = catalogue.map((entry) => {
    const here = listing.find(({ file, sizeBytes }) => file === entry.file && sizeBytes === entry.sizeBytes);
    return { ...entry, url: here?.url ?? entry.hubUrl, isHere: here !== undefined };
  });
  return [...offers.filter(({ isHere }) => isHere), ...offers.filter(({ isHere }) => !isHere)];
}
