/** The models that the page offers, and what each tensor's bytes must be. `catalogue/index.json` also says where the files are had from. */
import index from "../catalogue/index.json";
import outlines from "../catalogue/outlines.json";
import { ModelError } from "./errors.ts";
import { formOf, type ModelForm, type ModelOutline } from "./outline.ts";
import type { Checkpoint } from "./shape.ts";

export interface CatalogueEntry {
  readonly id: string;
  readonly title: string;
  /** Name under `/models/`. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly licence: string;
  /** Positions the model was trained for. */
  readonly contextLength: number;
  /** As people say it: "135M". */
  readonly parameters: string;
  /** A sentence for people who choose. */
  readonly goodAt: string;
  /** Where a page without the file on its own server gets it; allows ranges and other origins. */
  readonly hubUrl: string;
}

export const catalogue: readonly CatalogueEntry[] = index.map(
  ({ id, title, file, sizeBytes, licence, contextLength, parameters, goodAt, sources: { hub } }) => ({
    id,
    title,
    file,
    sizeBytes,
    licence,
    contextLength,
    parameters,
    goodAt,
    hubUrl: `https://huggingface.co/${hub.repo}/resolve/${hub.revision}/${hub.file}`,
  }),
);

/** The model's shape and tensors, before anything of it is fetched; null: not of the catalogue. */
export function catalogueForm(id: string): ModelForm | null {
  const outline = Object.hasOwn(outlines, id) ? (outlines as unknown as Record<string, ModelOutline>)[id] : undefined;
  return outline === undefined ? null : formOf(outline);
}

/** Written by `hash-tensors.ts`. Each is a chunk of its own, which only a host that opens this model loads. */
const HASHES: Readonly<Record<string, () => Promise<{ readonly default: Readonly<Record<string, string>> }>>> = {
  "smollm2-135m-instruct": () => import("../catalogue/smollm2-135m-instruct.tensors.json"),
  "qwen2.5-coder-0.5b-instruct": () => import("../catalogue/qwen2.5-coder-0.5b-instruct.tensors.json"),
  "qwen2.5-coder-1.5b-instruct": () => import("../catalogue/qwen2.5-coder-1.5b-instruct.tensors.json"),
};

/**
 * The checkpoint with the catalogue's SHA-256 in every tensor, so that each device can check what it fetches; unchanged where its id is not in
 * the catalogue. Throws 'checksum' when the header's tensors are not those of the catalogue's file.
 */
export async function withHashes(checkpoint: Checkpoint): Promise<Checkpoint> {
  const load = Object.hasOwn(HASHES, checkpoint.id) ? HASHES[checkpoint.id] : undefined;
  if (load === undefined) return checkpoint;
  const hashes = new Map(Object.entries((await load()).default));
  const tensors = checkpoint.tensors.map((entry) => {
    const sha256 = hashes.get(entry.name);
    if (sha256 !== undefined) return { ...entry, sha256 };
    throw new ModelError(
      "checksum",
      `The file has a tensor ${entry.name}, the catalogue's ${checkpoint.id} has none: it is another file. Fetch the model again.`,
    );
  });
  return { ...checkpoint, tensors };
}
