/** Who guesses ahead, as `--draft` says it: a list of `lookup`, `model:ID`, …, or `none`. */
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

/** Throws `ScenarioError` where an answer's probabilities are asked for that nobody computes. */
export function checkAcceptance({ acceptance, trace, shape }: Pick<Scenario, "acceptance" | "trace" | "shape">): void {
  if (acceptance === "typical" && (trace !== undefined || shape !== undefined))
    throw new ScenarioError(
      "acceptance: recorded and made-up answers have no probabilities, which typical acceptance goes by; choose exact, or a real model.",
    );
}

/** Throws `ScenarioError` for drafters that a run of tabs cannot have. */
export function checkDrafters({ draft, devices }: Pick<Scenario, "draft" | "devices">): void {
  const names = drafterNames(draft);
  if (names.includes("recorded"))
    throw new ScenarioError("draft: recorded guesses are for npm run sim; choose lookup, model:ID or none.");
  if (
    ["model", "medusa"].some((name) => names.includes(name)) &&
    devices?.some(({ time }) => time !== undefined) === true
  )
    throw new ScenarioError(
      "draft: a draft model or heads take this machine's time, not an emulated device's; choose lookup, or recorded guesses in npm run sim.",
    );
}
