/** Who guesses ahead, as `--draft` says it: a list of `lookup`, `model:ID`, …, or `none`. */
import { RECORDED, type DraftedCase, type RecordedGuesses } from "@jupiter/simulator";
import { ScenarioError, type Scenario } from "./scenario.ts";

/** As decoding names them. */
export function drafterNames(draft: string): readonly string[] {
  return draft === "none" ? [] : draft.split(",").map((drafter) => drafter.replace(/:.*/, ""));
}

/** What follows `name:`; null: it is not among them. */
export function drafterOf(draft: string, name: "model" | "medusa"): string | null {
  const found = draft.split(",").find((drafter) => drafter.startsWith(`${name}:`));
  return found === undefined ? null : found.slice(name.length + 1);
}

/** How the host replays recorded guesses, in tabs and on paper alike; null: it has none. Throws `ScenarioError` where they would take no time. */
export function recordedGuesses({
  draft,
  devices,
  seed,
  recorded: { children },
}: Pick<Scenario, "draft" | "devices" | "seed" | "recorded">): RecordedGuesses | null {
  if (!drafterNames(draft).includes(RECORDED)) return null;
  const time = devices?.[0]?.time?.draft;
  if (time === undefined)
    throw new ScenarioError("draft: recorded guesses take the host time; its time needs draft: {floorMs, rowMs}.");
  return { ...time, children, seed };
}

/** No token of a vocabulary. */
const WRONG = 200_000;

/** The same answers, with a drafter whose claims are as sure as before and right in so many of a hundred places. */
export function spoiled(cases: readonly DraftedCase[], rightPercent: number): readonly DraftedCase[] {
  return cases.map((one, c) => ({
    ...one,
    draftTop: one.draftTop.map((top, i) => {
      const isRight = (c * 7919 + i * 104_729) % 100 < rightPercent;
      return top.map(
        ([, logProb], rank) => [rank === 0 && isRight ? (one.greedy[i] ?? 0) : WRONG + rank, logProb] as const,
      );
    }),
  }));
}

/** Throws `ScenarioError` where an answer's probabilities are asked for that nobody computes. */
export function checkAcceptance({ acceptance, trace, shape }: Pick<Scenario, "acceptance" | "trace" | "shape">): void {
  if (acceptance === "typical" && (trace !== undefined || shape !== undefined))
    throw new ScenarioError(
      "acceptance: recorded and made-up answers have no probabilities, which typical acceptance goes by; choose exact, or a real model.",
    );
}

/** Throws `ScenarioError` for drafters that a run of tabs cannot have. */
export function checkDrafters(
  scenario: Pick<Scenario, "draft" | "devices" | "shape" | "trace" | "seed" | "recorded">,
): void {
  const { draft, devices, shape, trace } = scenario;
  const names = drafterNames(draft);
  if (recordedGuesses(scenario) !== null && (shape === undefined || trace === undefined))
    throw new ScenarioError(
      "draft: recorded guesses are those of a recorded answer; give trace and shape, or choose lookup, model:ID or none.",
    );
  if (
    ["model", "medusa"].some((name) => names.includes(name)) &&
    devices?.some(({ time }) => time !== undefined) === true
  )
    throw new ScenarioError(
      "draft: a draft model or heads take this machine's time, not an emulated device's; choose lookup, or recorded guesses.",
    );
}
