/** Puts a golden case to a ring and holds its answer against the golden one. `faults`: one line each. */
import type { DecodingChoice } from "@jupiter/pipeline";
import {
  compareForced,
  compareFree,
  goldenReference,
  TIE_MARGINS,
  type Comparison,
  type GoldenCase,
} from "./golden-check.ts";
import type { OpenRing } from "./ring/open-ring.ts";
import type { CaseResult } from "./ring/run.ts";

export interface Asked extends Comparison {
  readonly answer: CaseResult;
}

/** The ring chooses by itself. */
export async function askFree(ring: OpenRing, golden: GoldenCase, decoding?: DecodingChoice): Promise<Asked> {
  const answer = await ring.ask({ ...golden, tokens: golden.greedy.length }, undefined, decoding);
  return { answer, ...compareFree(answer, goldenReference(golden), TIE_MARGINS.golden) };
}

/** The golden ids are fed; every step's own choice is compared. */
export async function askForced(ring: OpenRing, golden: GoldenCase, decoding?: DecodingChoice): Promise<Asked> {
  const answer = await ring.ask(golden, golden.greedy, decoding);
  return { answer, ...compareForced(answer, goldenReference(golden), TIE_MARGINS.golden) };
}

/** Both ways, with guesses; their faults, and a line for people on what became of the guesses. */
export async function askGuessing(
  ring: OpenRing,
  golden: GoldenCase,
  decoding: DecodingChoice,
): Promise<{ readonly faults: readonly string[]; readonly said: string }> {
  const free = await askFree(ring, golden, decoding);
  const forced = await askForced(ring, golden, decoding);
  const { output, laps, counts } = free.answer;
  const guesses = counts?.drafters.map(
    ({ name, drafted, sent, accepted }) => `${name} ${accepted} of ${sent} sent, ${drafted} guessed`,
  );
  const said = `${decoding.strategy} ${golden.id}: ${output.length} tokens, ${laps} laps; ${guesses?.join("; ") ?? "no guesses"}`;
  return { faults: [...free.faults, ...forced.faults], said };
}
