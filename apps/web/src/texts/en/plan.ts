import type { Compared } from "../../state/prediction.ts";
import { units } from "./units.ts";

/** What the plan foretells, and how it came out. */
export const plan = {
  title: "Speed",
  expected: (promptTokens: number, firstTokenMs: number, perSecond: number) =>
    `Planned for a question of ${units.tokens(promptTokens)}: the first word after ${units.seconds(firstTokenMs)}, then ${units.rate(perSecond)} tokens a second.`,
  expectedAsServed: (promptTokens: number, firstTokenMs: number, perSecond: number) =>
    `As answers went so far, for a question of ${units.tokens(promptTokens)}: the first word after ${units.seconds(firstTokenMs)}, then ${units.rate(perSecond)} tokens a second.`,
  lastAnswer: (firstTokenMs: number, compared: Compared) =>
    `Last answer: the first word came after ${units.seconds(firstTokenMs)}, ${inWords(compared, {
      less: (by) => `${units.seconds(by)} sooner than planned`,
      more: (by) => `${units.seconds(by)} later than planned`,
    })}.`,
  lastRate: (perSecond: number, compared: Compared) =>
    `Then it wrote ${units.rate(perSecond)} tokens a second, ${inWords(compared, {
      less: (by) => `${units.rate(by)} slower than planned`,
      more: (by) => `${units.rate(by)} faster than planned`,
    })}.`,
  exactly: "Plan and measurement",
  exactFirst: (plannedMs: number, measuredMs: number, errorPercent: number) =>
    `First word: planned ${units.milliseconds(plannedMs)}, measured ${units.milliseconds(measuredMs)}; the plan is off by ${signed(errorPercent)} %.`,
  exactRate: (planned: number, measured: number, errorPercent: number) =>
    `Tokens a second: planned ${units.rate(planned)}, measured ${units.rate(measured)}; the plan is off by ${signed(errorPercent)} %.`,
  exactHint: "The plan counts no guessed tokens; above 0 % it foretold too long a wait or too fast an answer.",
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
  save: "Save as a scenario",
  saveHint: "What each device and link was timed with, and their names, as a file for the simulator.",
  fileName: "ring.json",
  whatIf: {
    title: "With one device more or less",
    without: (device: string, perSecond: number, firstTokenMs: number) =>
      `Without ${device}: ${units.rate(perSecond)} tokens a second, first word after ${units.seconds(firstTokenMs)}.`,
    oneMoreLike: (device: string, perSecond: number, firstTokenMs: number) =>
      `With one more like ${device}: ${units.rate(perSecond)} tokens a second, first word after ${units.seconds(firstTokenMs)}.`,
    impossible: (device: string) => `Without ${device} the model does not fit.`,
  },
};

function inWords({ kind, by }: Compared, words: Readonly<Record<"less" | "more", (by: number) => string>>): string {
  return kind === "alike" ? "as planned" : words[kind](by);
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat("en").format(names);
}

function signed(percent: number): string {
  return percent > 0 ? `+${percent}` : `${percent}`.replace("-", "−");
}
