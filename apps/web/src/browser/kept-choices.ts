/** What a person chose or began to write, over a reload of the page. */
import { keepText, keptText } from "./kept-text.ts";

const CHOICES = "jupiter-choices";
const QUESTION = "jupiter-question";

/** Of the whole browser. */
export interface KeptChoices {
  readonly modelId?: string;
  readonly maxTokens?: number;
}

/** Without what is not legible. */
export function keptChoices(): KeptChoices {
  const { modelId, maxTokens } = parsed(keptText(CHOICES));
  return {
    ...(typeof modelId === "string" ? { modelId } : {}),
    ...(typeof maxTokens === "number" && maxTokens >= 1 ? { maxTokens } : {}),
  };
}

export function keepChoices(choices: KeptChoices): void {
  keepText(CHOICES, JSON.stringify(choices));
}

/** Not sent yet. Of the tab alone: two may be written at once. */
export function keptQuestion(): string {
  try {
    return sessionStorage.getItem(QUESTION) ?? "";
  } catch {
    return "";
  }
}

export function keepQuestion(question: string): void {
  try {
    if (question === "") sessionStorage.removeItem(QUESTION);
    else sessionStorage.setItem(QUESTION, question);
  } catch {
    // It is lost with a reload, and the page says of what else the browser does not keep.
  }
}

function parsed(text: string | null): Partial<Record<keyof KeptChoices, unknown>> {
  try {
    return (JSON.parse(text ?? "{}") as Partial<Record<keyof KeptChoices, unknown>> | null) ?? {};
  } catch {
    return {};
  }
}
