/** A model's header, read and understood; nothing else of it is fetched. */
import { ModelError, readGguf, withHashes, type ByteSource, type Checkpoint, type MetadataValue } from "@jupiter/model";
import type { Tokenizer } from "@jupiter/model/tokenizer";
import type { InspectedModel, ModelSource } from "./api.ts";
import { byteSource } from "./weights.ts";

export interface ReadModel {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  readonly metadata: ReadonlyMap<string, MetadataValue>;
}

/** Throws `ModelError` for what is no GGUF file, or one that this page cannot run. */
export async function readModel(source: ByteSource, id: string): Promise<ReadModel> {
  const { checkpoint, metadata } = await readGguf(source, id);
  // A chunk of its own: donors never load it.
  const { createTokenizer } = await import("@jupiter/model/tokenizer");
  return { checkpoint: await withHashes(checkpoint), tokenizer: createTokenizer(metadata), metadata };
}

/** What a person is told of a file or address before it is used. */
export async function inspect(source: ModelSource, id: string): Promise<InspectedModel> {
  const { checkpoint, metadata } = await readModel(byteSource(source), id).catch((error: unknown) => {
    throw error instanceof TypeError && typeof source === "string" ? unreachable(source, error) : error;
  });
  if (typeof metadata.get("tokenizer.chat_template") !== "string")
    throw new ModelError(
      "unsupported",
      "The file has no chat template, so it cannot be asked. Choose an instruct model.",
    );
  const text = (key: string) => {
    const value = metadata.get(key);
    return typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, 200) : null;
  };
  const ends = checkpoint.tensors.map(({ offsetBytes, sizeBytes }) => offsetBytes + sizeBytes);
  const sizeBytes = Math.max(...ends);
  if (source instanceof File && source.size < sizeBytes) {
    const text = `The file has ${source.size} bytes, its header speaks of ${sizeBytes}: it is not whole. Download it again.`;
    throw new ModelError("truncated", text);
  }
  return {
    checkpoint,
    title: text("general.name"),
    licence: text("general.license"),
    sizeBytes,
  };
}

/** A page is not told which of the two it is. */
function unreachable(url: string, cause: TypeError): ModelError {
  return new ModelError(
    "unreachable",
    `${url} cannot be reached, or does not allow pages of other sites to read it (CORS). Use another address, or download the file and choose it here.`,
    { cause },
  );
}
