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
  /** Layers that went from some devices to others, as the ring decided by itself. */
  moved: (from: readonly string[], to: readonly string[]) => `Layers moved from ${list(from)} to ${list(to)}`,
  because: {
    slower: (device: string, times: number) => `${device} had become ${times.toFixed(1)} times slower.`,
    faster: (device: string, times: number) => `${device} had become ${times.toFixed(1)} times faster.`,
    all: "together they are faster so.",
  },
  thisDevice: "this device",
  whatIf: {
    title: "With one device more or less",
    without: (device: string, perSecond: number, firstTokenMs: number) =>
      `Without ${device}: ${units.rate(perSecond)} tokens a second, first word after ${units.seconds(firstTokenMs)}.`,
    oneMoreLike: (device: string, perSecond: number, firstTokenMs: number) =>
      `With one more like ${device}: ${units.rate(perSecond)} tokens a second, first word after ${units.seconds(firstTokenMs)}.`,
    impossible: (device: string) => `Without ${device} the model does not fit.`,
  },
  lastRate: (perSecond: number, expected: number, errorPercent: number) =>
    `Then ${units.rate(perSecond)} tokens a second (expected ${units.rate(expected)}, ${signed(errorPercent)} %).`,
};

function list(names: readonly string[]): string {
  return new Intl.ListFormat("en").format(names);
}

function signed(percent: number): string {
  return percent > 0 ? `+${percent}` : `${percent}`;
}
