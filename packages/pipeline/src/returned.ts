/** What may come back for a frame: exactly what was wanted of it. Devices are not to be believed; a frame that brings less would never end its request. */
import type { AckFrame, ReturnFrame, ScoresFrame } from "@jupiter/protocol";
import { PipelineError } from "./errors.ts";

export interface Expected {
  /** Indices of the rows that are to come back, rising. */
  readonly wanted: readonly number[];
  /** It may come back dead. */
  readonly cancelled: boolean;
}

/** Throws `PipelineError` ("bad-frame"). */
export function checkReturned(frame: ReturnFrame | ScoresFrame | AckFrame, { wanted, cancelled }: Expected): void {
  if (frame.kind === "ack") {
    if (cancelled || (wanted.length === 0 && !frame.dead)) return;
    const what = frame.dead ? "dead, but was not cancelled" : `without its rows ${listed(wanted)}`;
    throw new PipelineError("bad-frame", `Frame ${frame.frame} came back ${what}. ${REMEDY}`);
  }
  const came = frame.kind === "return" ? frame.rowIndices : frame.scores.map(({ row }) => row);
  const rows = frame.kind === "return" ? frame.activations.rows : came.length;
  const isWhole = came.length === wanted.length && came.every((row, i) => row === wanted[i]);
  if (isWhole && rows === wanted.length && rows > 0) return;
  throw new PipelineError(
    "bad-frame",
    `Frame ${frame.frame} should have come back with its rows ${listed(wanted)}; ${rows} came, said to be ${listed(came)}. ${REMEDY}`,
  );
}

const REMEDY = "The last device of the ring runs another version, or is not to be trusted: reload it or remove it.";

/** Hostile lists may be long. */
function listed(rows: readonly number[]): string {
  const shown = rows.slice(0, 8).join(", ") || "none";
  return rows.length > 8 ? `[${shown}, …]` : `[${shown}]`;
}
