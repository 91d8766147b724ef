/** How long a prompt is, before it is sent. Pure. */
import type { ChatMessage } from "@jupiter/model/tokenizer";

export interface PromptLength {
  readonly tokens: number;
  /** As the model's own tokenizer counts; false: guessed from its bytes. */
  readonly isExact: boolean;
}

/** Round a message in any template, and of a system prompt that the template brings by itself. */
const MOST_AROUND = 64;
/** Of English text. Code and other languages have fewer. */
const BYTES_PER_TOKEN = 4;

/** No tokenizer makes more tokens of a text than it has bytes: below this none needs to be asked. */
export function mostTokens(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + bytesOf(content) + MOST_AROUND, 0);
}

/** To hundreds, as more would look exact. */
export function aboutTokens(messages: readonly ChatMessage[]): number {
  const bytes = messages.reduce((sum, { content }) => sum + bytesOf(content), 0);
  return Math.round(bytes / BYTES_PER_TOKEN / 100) * 100;
}

/** A prompt and the first token of its answer have to have room. */
export function isTooLong({ tokens }: PromptLength, capacity: number): boolean {
  return tokens >= capacity;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
