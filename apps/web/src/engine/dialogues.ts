/** Which ids a dialogue's text has: what the model wrote is not encoded anew, so that the ring's cache still fits. */
import type { Tokenizer } from "@jupiter/model/tokenizer";

interface Known {
  readonly text: string;
  readonly ids: readonly number[];
}

/** Of one model, whose `tokenizer` it is. */
export class Dialogues {
  readonly #tokenizer: DialogueTokenizer;
  /** Of each conversation, its prompts and dialogues, each the beginning of the next: an edited question goes on from an earlier one. */
  readonly #known = new Map<string, readonly Known[]>();

  constructor(tokenizer: DialogueTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** Of the conversation as it is to be answered: of its beginning those that it has, encoded only behind them. */
  idsOf(conversation: string, text: string): Int32Array {
    const known = this.#known.get(conversation)?.findLast((each) => text.startsWith(each.text));
    if (known === undefined || known.ids.length === 0) return this.#tokenizer.encode(text);
    return Int32Array.from([...known.ids, ...this.#tokenizer.encode(text.slice(known.text.length))]);
  }

  /** `output` was written after the prompt. */
  answered(conversation: string, prompt: Known, output: readonly number[]): void {
    const tokenizer = this.#tokenizer;
    // Decoding leaves special tokens out; the template writes those that end an answer into the dialogue.
    const endings = output.filter((id) => tokenizer.eosIds.includes(id)).map((id) => tokenizer.textOf(id));
    const dialogue = {
      text: prompt.text + tokenizer.decode(output) + endings.join(""),
      ids: [...prompt.ids, ...output],
    };
    const before = (this.#known.get(conversation) ?? []).filter(
      ({ text }) => text.length < prompt.text.length && prompt.text.startsWith(text),
    );
    this.#known.set(conversation, [...before, prompt, dialogue]);
  }

  forget(conversation: string): void {
    this.#known.delete(conversation);
  }
}

type DialogueTokenizer = Pick<Tokenizer, "encode" | "decode" | "textOf" | "eosIds">;
