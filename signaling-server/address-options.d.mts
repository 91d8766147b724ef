import type { TurnServer } from "./src/turn.ts";

/** The origin of an option's value. Throws with one sentence. */
export function parseOrigin(text: string, option?: string): string;

/** Null: no TURN. Throws with one sentence. */
export function parseTurn(
  options: { readonly urls?: readonly string[] | undefined; readonly secret?: string | undefined },
  environment?: Readonly<Record<string, string | undefined>>,
): TurnServer | null;
