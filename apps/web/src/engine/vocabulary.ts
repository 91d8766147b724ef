/** What a model's token ids stand for; two models whose ids mean the same can guess for each other. */
import type { MetadataValue } from "@jupiter/model";

/** Ids are indices in it; empty: the file does not say. */
export function vocabularyOf(metadata: ReadonlyMap<string, MetadataValue>): readonly string[] {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  return Array.isArray(tokens) ? (tokens as readonly string[]) : [];
}

export function isSameVocabulary(a: readonly string[], b: readonly string[]): boolean {
  return a.length > 0 && a.length === b.length && a.every((token, id) => token === b[id]);
}
