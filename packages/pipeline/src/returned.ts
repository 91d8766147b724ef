/** What may come back for a frame: exactly what was wanted of it, scored where the last stage has the head. Devices are not to be believed; a frame that brings less would never end its request. */
import type { AckFrame, ReturnFrame, RowScore, ScoresFrame } from "@jupiter/protocol";
import { PipelineError } from "./errors.ts";

export interface Expected {
  /** Indices of the rows that are to come back, rising. */
  readonly wanted: readonly number[];
  /** It may come back dead. */
  readonly cancelled: boolean;
}

/** `headOnLast`: of the ring; null: the host scores. Throws `PipelineError` ("bad-frame"). */
export function checkReturned(
  frame: ReturnFrame | ScoresFrame | AckFrame,
  { wanted, cancelled }: Expected,
  headOnLast: { readonly vocabulary: number } | null,
): void {
  if (frame.kind === "ack") {
    if (cancelled || (wanted.length === 0 && !frame.dead)) return;
    const what = frame.dead ? "dead, but was not cancelled" : `without its rows ${listed(wanted)}`;
    throw new PipelineError("bad-frame", `Frame ${frame.frame} came back ${what}. ${REMEDY}`);
  }
  if ((frame.kind === "scores") !== (headOnLast !== null)) {
    const [due, came] = frame.kind === "scores" ? ["activations", "scores"] : ["scores", "activations"];
    throw new PipelineError(
      "bad-frame",
      `Frame ${frame.frame} should have come back with ${due}; ${came} came. ${REMEDY}`,
    );
  }
  const came = frame.kind === "return" ? frame.rowIndices : frame.scores.map(({ row }) => row);
  const rows = frame.kind === "return" ? frame.activations.rows : came.length;
  const isWhole = came.length === wanted.length && came.every((row, i) => row === wanted[i]);
  if (!isWhole || rows !== wanted.length || rows === 0)
    throw new PipelineError(
      "bad-frame",
      `Frame ${frame.frame} should have come back with its rows ${listed(wanted)}; ${rows} came, said to be ${listed(came)}. ${REMEDY}`,
    );
  if (frame.kind === "scores" && headOnLast !== null) frame.scores.forEach((score) => checkScore(score, headOnLast));
}

/** Single precision, and sums over a vocabulary. */
const ROUNDING = 0.05;

/** Whether a distribution could look like this; whether it is the model's, only computing it again would tell. */
function checkScore(
  { row, chosen, best, asked, entropy }: RowScore,
  { vocabulary }: { readonly vocabulary: number },
): void {
  const [first] = best;
  const ids = new Set(best.map(({ id }) => id));
  const mass = best.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0);
  const wrong =
    first === undefined || !Number.isFinite(first.logProb)
      ? "no best token"
      : ids.size < best.length || best.some(({ id }) => id >= vocabulary)
        ? `tokens twice, or beyond the model's ${vocabulary}`
        : best.find(({ id }) => id === chosen)?.logProb !== first.logProb
          ? `token ${chosen} as the best, which it is not`
          : mass > 1 + ROUNDING
            ? `probabilities that add up to ${mass}`
            : asked.length > 0 || !(entropy > -ROUNDING && entropy < Math.log(vocabulary) + ROUNDING)
              ? `an entropy of ${entropy}, and ${asked.length} tokens that nobody asked for`
              : null;
  if (wrong !== null) throw new PipelineError("bad-frame", `Row ${row} came back with ${wrong}. ${REMEDY}`);
}

const REMEDY = "The last device of the ring runs another version, or is not to be trusted: reload it or remove it.";

/** Hostile lists may be long. */
function listed(rows: readonly number[]): string {
  const shown = rows.slice(0, 8).join(", ") || "none";
  return rows.length > 8 ? `[${shown}, …]` : `[${shown}]`;
}
