/** The models a host may choose from, and where each one's bytes come from. */
import { catalogueForm, type CatalogueEntry, type ModelForm } from "@jupiter/model";
import type { Model } from "../session/ring.ts";
import { texts } from "../texts/index.ts";

export interface Offer extends Model {
  readonly sizeBytes: number;
  /** Positions the model was trained for. */
  readonly contextLength: number;
  /** Null: its file does not say. */
  readonly licence: string | null;
  /** For people who choose; null: nobody knows. */
  readonly goodAt: string | null;
  readonly from: "server" | "internet" | "file" | "address";
  /** What would have to be held; null: not known before the ring starts. */
  readonly form: ModelForm | null;
}

/** A model that guesses takes a step for every token, so it must be much faster than the one it guesses for. */
const LEAST_TIMES_SMALLER = 2;

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
    const { id, title, sizeBytes, contextLength, licence, goodAt, hubUrl } = entry;
    return {
      ...{ id, title, sizeBytes, contextLength, licence, goodAt },
      source: here?.url ?? hubUrl,
      from: here === undefined ? ("internet" as const) : ("server" as const),
      form: catalogueForm(id),
    };
  });
  return [...offers.filter(({ from }) => from === "server"), ...offers.filter(({ from }) => from !== "server")];
}

/** Whether their tokens are the same is seen when it is loaded; the files' shapes say whether they may be. */
export function draftFor({ form, sizeBytes }: Offer, offers: readonly Offer[]): Offer | null {
  const smaller = offers.filter(
    (offer) =>
      offer.form?.shape.V === form?.shape.V &&
      offer.form?.shape.architecture === form?.shape.architecture &&
      offer.sizeBytes * LEAST_TIMES_SMALLER <= sizeBytes,
  );
  return form === null ? null : (smaller.sort((a, b) => a.sizeBytes - b.sizeBytes)[0] ?? null);
}

/** Size, licence, context, and where it comes from. */
export function modelFacts({ sizeBytes, licence, contextLength, from }: Offer): readonly string[] {
  const { models, units } = texts;
  const where = models.from[from];
  return [
    units.bytes(sizeBytes),
    licence === null ? models.noLicence : models.licence(licence),
    models.contextLength(contextLength),
    ...(where === null ? [] : [where]),
  ];
}

/** Of a model that is not in the catalogue; null: its bytes are checked against the catalogue's. */
export function whatIsTrusted({ from }: Offer): string | null {
  return texts.models.trusted[from];
}
