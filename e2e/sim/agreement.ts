/** Two reports of the same cases beside each other. */
import { z } from "zod";
import { percent } from "../percent.ts";

const TimedCase = z.object({
  id: z.string(),
  prefillMsPerToken: z.number(),
  decodeMsPerToken: z.number().nullable(),
});
type TimedCase = z.infer<typeof TimedCase>;

/** Of a report of tabs or of the simulator, what is compared. */
export const TimedReport = z.object({ run: z.object({ source: z.string() }), cases: z.array(TimedCase).min(1) });

/** One line a case that both have, and the mean of the errors' sizes. */
export function agreement(simulated: readonly TimedCase[], other: readonly TimedCase[], source: string): string {
  const pairs = simulated.flatMap((mine) => {
    const theirs = other.find(({ id }) => id === mine.id);
    return theirs === undefined ? [] : [{ mine, theirs }];
  });
  if (pairs.length === 0) return "No case of the other report has the same name.";
  const part = (name: "prefillMsPerToken" | "decodeMsPerToken", what: string) => {
    const errors: number[] = [];
    const lines = pairs.flatMap(({ mine, theirs }) => {
      const [predicted, took] = [mine[name], theirs[name]];
      if (predicted === null || took === null) return [];
      errors.push(predicted / took - 1);
      return [
        `${mine.id}, ${what}: ${source} ${took.toFixed(2)} ms a token, simulated ${predicted.toFixed(2)} (${percent(predicted / took - 1, 1)})`,
      ];
    });
    const mean = errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length;
    return errors.length === 0 ? [] : [...lines, `mean error of ${what}: ${percent(mean, 1)}`];
  };
  return [...part("prefillMsPerToken", "prefill"), ...part("decodeMsPerToken", "decode")].join("\n");
}
