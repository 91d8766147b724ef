/** How fast models would answer on the devices that answered last: what those took, in proportion to the weights that a token reads. Pure. */
import type { ModelForm } from "@jupiter/model";
import type { PeerId } from "@jupiter/protocol";
import type { FinishedAnswer } from "../engine/api.ts";
import { heldLayerBytes } from "../session/place-layers.ts";

/** Of one token of an answer without guesses. */
export interface MeasuredSpeed {
  /** The ring's donors; none: this device alone. */
  readonly donors: readonly PeerId[];
  /** What devices were told to compute on. */
  readonly backend: string;
  /** All stages together. */
  readonly layersMs: number;
  readonly headMs: number;
  /** Links, and whatever else passed between. */
  readonly restMs: number;
  readonly layersBytes: number;
  readonly headWeights: number;
}

export interface AnswerTimes {
  readonly tokensPerSecond: number;
  /** By stage. */
  readonly stageMs: readonly number[];
  readonly headMs: number;
}

/** Fewer tokens say little of their pace. */
const TOKENS = 8;

/** Null: too short, or written several tokens at a time. */
export function paceOf({ output, timings, branches }: FinishedAnswer): number | null {
  const { decodeMs, counts } = timings;
  if (output.length < TOKENS || decodeMs <= 0 || branches !== undefined || (counts?.drafted ?? 0) > 0) return null;
  return ((output.length - 1) * 1000) / decodeMs;
}

export function measuredSpeed(
  form: ModelForm,
  { tokensPerSecond, stageMs, headMs }: AnswerTimes,
  ring: Pick<MeasuredSpeed, "donors" | "backend">,
): MeasuredSpeed {
  const layersMs = stageMs.reduce((a, b) => a + b, 0);
  const restMs = Math.max(0, 1000 / tokensPerSecond - layersMs - headMs);
  return { ...ring, layersMs, headMs, restMs, ...weightsOf(form) };
}

/** Tokens a second of another model on the same devices; null: these devices were not measured together. */
export function speedOf(
  form: ModelForm,
  measured: MeasuredSpeed | null,
  { donors, backend }: Pick<MeasuredSpeed, "donors" | "backend">,
): number | null {
  if (measured === null || measured.backend !== backend) return null;
  if (donors.length !== measured.donors.length || !donors.every((seat) => measured.donors.includes(seat))) return null;
  const { layersBytes, headWeights } = weightsOf(form);
  const ms =
    measured.restMs +
    (measured.layersMs * layersBytes) / measured.layersBytes +
    (measured.headMs * headWeights) / measured.headWeights;
  return 1000 / ms;
}

function weightsOf(form: ModelForm): Pick<MeasuredSpeed, "layersBytes" | "headWeights"> {
  return {
    layersBytes: heldLayerBytes(form, "kernels").reduce((a, b) => a + b, 0),
    headWeights: form.shape.V * form.shape.D,
  };
}
