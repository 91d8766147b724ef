import { units } from "./units.ts";

/** What the plan foretells, and how it came out. */
export const plan = {
  title: "Speed",
  expected: (promptTokens: number, firstTokenMs: number, perSecond: number) =>
    `Expected for a question of ${units.tokens(promptTokens)}: first word after ${units.seconds(firstTokenMs)}, then ${units.rate(perSecond)} tokens a second without drafts.`,
  lastAnswer: (firstTokenMs: number, expectedMs: number, errorPercent: number) =>
    `Last answer: first word after ${units.seconds(firstTokenMs)} (expected ${units.seconds(expectedMs)}, ${signed(errorPercent)} %).`,
  /** `from` null: this device. */
  measuringLink: (from: string | null, to: string) =>
    from === null ? `Measuring the link to ${to}…` : `Measuring the link from ${from} to ${to}…`,
  lastRate: (perSecond: number, expected: number, errorPercent: number) =>
    `Then ${units.rate(perSecond)} tokens a second (expected ${units.rate(expected)}, ${signed(errorPercent)} %).`,
};

function signed(percent: number): string {
  return percent > 0 ? `+${percent}` : `${percent}`;
}
