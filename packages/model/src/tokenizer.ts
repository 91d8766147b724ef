/**
 * Tokenizer and chat template out of a GGUF file's metadata, run by transformers.js. Only the host needs it: it has an entry of its own
 * (`@jupiter/model/tokenizer`), so that donors never load it.
 */
import { PreTrainedTokenizer } from "@xenova/transformers";
import { ModelError } from "./errors.ts";
import type { MetadataValue } from "./gguf.ts";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface Tokenizer {
  /** Special tokens in the text are parsed; nothing is added before or after. */
  encode(text: string): Int32Array;
  /** Special tokens are left out. */
  decode(ids: readonly number[]): string;
  /** One token as it stands in a rendered dialogue, special or not. */
  textOf(id: number): string;
  /** The dialogue in the model's own template, ready for the assistant's turn. */
  renderChat(messages: readonly ChatMessage[]): string;
  /** Ids that end an answer. */
  readonly eosIds: readonly number[];
  /** A decoder for one answer: text as soon as it is certain, never half a character. */
  stream(): TextStream;
}

export interface TextStream {
  /** The text that this token completes; empty while a character is incomplete. */
  push(id: number): string;
  /** What is left at the end, incomplete characters as U+FFFD. */
  flush(): string;
}

/** GGUF's `tokenizer.ggml.token_type`. */
const TOKEN_TYPE = { control: 3, userDefined: 4 } as const;
const QWEN2_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const BYTE_LEVEL = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };

/** How text is cut before merging, by `tokenizer.ggml.pre`. */
const PRE_TOKENIZERS: Readonly<Record<string, readonly object[]>> = {
  smollm: [
    { type: "Digits", individual_digits: true },
    { ...BYTE_LEVEL, use_regex: true },
  ],
  qwen2: [
    { type: "Split", pattern: { Regex: QWEN2_PATTERN }, behavior: "Isolated", invert: false },
    { ...BYTE_LEVEL, use_regex: false },
  ],
};

/** Special tokens that end what a model says, whatever the file calls its end. */
const ENDS: ReadonlySet<string> = new Set([
  "<|im_end|>",
  "<|endoftext|>",
  "<|eot_id|>",
  "<|end_of_text|>",
  "<|end|>",
  "<end_of_turn>",
  "</s>",
]);

export function createTokenizer(metadata: ReadonlyMap<string, MetadataValue>): Tokenizer {
  const kind = metadata.get("tokenizer.ggml.model");
  const pre = String(metadata.get("tokenizer.ggml.pre"));
  const preTokenizers = PRE_TOKENIZERS[pre];
  if (kind !== "gpt2" || preTokenizers === undefined) {
    throw new ModelError(
      "unsupported",
      `Tokenizer ${String(kind)}/${pre}; supported are gpt2 with ${Object.keys(PRE_TOKENIZERS).join(", ")}. Choose another model.`,
    );
  }
  const tokens = strings(metadata, "tokenizer.ggml.tokens");
  const merges = strings(metadata, "tokenizer.ggml.merges");
  const types = metadata.get("tokenizer.ggml.token_type");
  const eos = numberAt(metadata, "eos_token_id");
  if (!Array.isArray(types) || types.length !== tokens.length)
    throw new ModelError("unsupported", "The file does not say which of its tokens are special. Choose another one.");
  if (eos === null) throw new ModelError("unsupported", "The file names no end-of-sequence token.");
  const addedTokens = tokens.flatMap((content, id) => {
    const type = (types as readonly MetadataValue[])[id];
    if (type !== TOKEN_TYPE.control && type !== TOKEN_TYPE.userDefined) return [];
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, special: type === TOKEN_TYPE.control, ...plain }];
  });
  const tokenizer = new PreTrainedTokenizer(
    {
      version: "1.0",
      added_tokens: addedTokens,
      normalizer: null,
      pre_tokenizer: { type: "Sequence", pretokenizers: preTokenizers },
      post_processor: null,
      decoder: BYTE_LEVEL,
      model: {
        type: "BPE",
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: merges.map((merge) => splitMerge(merge)),
        unk_token: null,
        byte_fallback: false,
        ignore_merges: false,
      },
    },
    {
      clean_up_tokenization_spaces: false,
      chat_template: metadata.get("tokenizer.chat_template") ?? null,
      // Templates name them.
      eos_token: tokens[eos] ?? null,
      bos_token: tokens[numberAt(metadata, "bos_token_id") ?? -1] ?? null,
    },
  );
  const decode = (ids: readonly number[]) =>
    ids.length === 0
      ? ""
      : tokenizer.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  return {
    encode: (text) => Int32Array.from(tokenizer.encode(text, { add_special_tokens: false })),
    decode,
    textOf: (id) => tokenizer.decode([id], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
    renderChat(messages) {
      const rendered: unknown = tokenizer.apply_chat_template(
        messages.map((message) => ({ ...message })),
        { tokenize: false, add_generation_prompt: true },
      );
      if (typeof rendered !== "string") throw new ModelError("unsupported", "The chat template gave no text.");
      return rendered;
    },
    eosIds: endsOf(metadata, eos, addedTokens),
    stream: () => textStream(decode),
  };
}

/**
 * The first is the file's own. Models end a turn by other tokens too than the one that their file names: base models with a chat template, say, whose
 * own one ends a document.
 */
function endsOf(
  metadata: ReadonlyMap<string, MetadataValue>,
  eos: number,
  added: readonly { readonly id: number; readonly content: string; readonly special: boolean }[],
): readonly number[] {
  const named = ["eot_token_id", "eom_token_id"].flatMap((key) => numberAt(metadata, key) ?? []);
  const known = added.filter(({ content, special }) => special && ENDS.has(content)).map(({ id }) => id);
  return [...new Set([eos, ...named, ...known])];
}

function numberAt(metadata: ReadonlyMap<string, MetadataValue>, key: string): number | null {
  const value = metadata.get(`tokenizer.ggml.${key}`);
  return typeof value === "number" ? value : null;
}

/** Decodes a short tail of the ids anew with each token; what lies before the tail is certain. */
function textStream(decode: (ids: readonly number[]) => string): TextStream {
  let pending: number[] = [];
  let shown = "";
  return {
    push(id) {
      pending.push(id);
      const text = decode(pending);
      if (text.endsWith("\uFFFD")) return ""; // a character is cut; its last bytes come with the next token
      const fresh = text.slice(shown.length);
      pending = pending.slice(-1); // one token of context: a decoder may treat a first token differently
      shown = decode(pending);
      return fresh;
    },
    flush() {
      const fresh = decode(pending).slice(shown.length);
      pending = [];
      shown = "";
      return fresh;
    },
  };
}

/** "a b" at the space between the two; neither part is empty, and byte-level tokens hold no space of their own. */
function splitMerge(merge: string): [string, string] {
  const at = merge.indexOf(" ", 1);
  return [merge.slice(0, at), merge.slice(at + 1)];
}

function strings(metadata: ReadonlyMap<string, MetadataValue>, key: string): string[] {
  const value = metadata.get(key);
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw new ModelError("unsupported", `The file's ${key} must be a list of texts.`);
  }
  return value;
}
