/** Puts a golden case to a ring and holds its answer against the golden one. `faults`: one line each. */
import type { DecodingChoice, DecodingCounts } from "@jupiter/pipeline";
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

/** Both ways, with guesses, drafters always asked: whether guesses pay on this machine must not decide whether they are tried. `said`: for people. */
export async function askGuessing(
  ring: OpenRing,
  golden: GoldenCase,
  choice: DecodingChoice,
): Promise<{ readonly faults: readonly string[]; readonly said: string; readonly guesses: Guesses }> {
  const decoding = { ...choice, asksAlways: true };
  const free = await askFree(ring, golden, decoding);
  const forced = await askForced(ring, golden, decoding);
  const { output, laps } = free.answer;
  const guesses = { free: free.answer.counts?.drafters ?? [], forced: forced.answer.counts?.drafters ?? [] };
  const said = `${choice.strategy} ${golden.id}: ${output.length} tokens, ${laps} laps; ${inWords(guesses)}`;
  return { faults: [...free.faults, ...forced.faults], said, guesses };
}

export type Guesses = Readonly<Record<"free" | "forced", DecodingCounts["drafters"]>>;

/** Drafters of these by whom nothing was sent, or of whose guesses none held or none did not, over all answers. */
export function untried(drafters: readonly string[], answers: readonly Guesses[]): readonly string[] {
  return (["free", "forced"] as const).flatMap((way) =>
    drafters.flatMap((drafter) => {
      const own = answers.flatMap((guesses) => guesses[way].filter(({ name }) => name === drafter));
      const sent = own.reduce((sum, counts) => sum + counts.sent, 0);
      const held = own.reduce((sum, counts) => sum + counts.accepted, 0);
      const said = `${way}: of ${sent} guesses by ${drafter} that were sent, ${held} held`;
      console.log(said);
      return 0 < held && held < sent ? [] : [said];
    }),
  );
}

function inWords(guesses: Guesses): string {
  return Object.entries(guesses)
    .map(([way, drafters]) => {
      const said = drafters.map(
        ({ name, drafted, sent, accepted }) => `${name} ${accepted} of ${sent} sent, ${drafted} guessed`,
      );
      return `${way} ${said.join("; ") || "no guesses"}`;
    })
    .join("; ");
}
