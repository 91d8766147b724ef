/** What `npm run sim -- paper` prints. */
import { percent } from "../percent.ts";
import {
  error,
  leads,
  meanError,
  reversals,
  type Cell,
  type IdealCell,
  type Paper,
  type Setting,
  type System,
} from "./paper.ts";

/** A ranking counts where the paper's own figures are so far apart. */
export const CLEAR_GAP = 0.15;

const NAMES: Readonly<Record<System, string>> = {
  "one-device": "one device",
  "sequence-parallel": "SP",
  megatron: "M-LM",
  detransformer: "DT",
  galaxy: "Galaxy",
  edgeshard: "EdgeShard",
  "edgeshard-latency": "EdgeShard, split for latency",
  jupiter: "Jupiter",
};

export function comparison(paper: Paper, cells: readonly Cell[]): string {
  const wrong = reversals(cells, CLEAR_GAP);
  const predicted = cells.filter(({ isCalibrated }) => !isCalibrated);
  return [
    `Seconds to the last of ${paper.newTokens} tokens after a prompt of ${paper.promptTokens}: published, predicted, error.`,
    `Cells marked * are those that the model is calibrated on; ${predicted.length} are predicted.`,
    "",
    ...table(cells, ({ publishedS, predictedS, isCalibrated }) => [
      publishedS.toFixed(1),
      `${predictedS.toFixed(1)}${isCalibrated ? "*" : " "}`,
      percent(predictedS / publishedS - 1),
    ]),
    "",
    `Mean absolute error of the predicted cells: ${percent(meanError(cells), 1)}; largest: ${percent(Math.max(...predicted.map((cell) => Math.abs(error(cell)))), 1)}.`,
    wrong.length === 0
      ? `No ranking is reversed where the paper's gap exceeds ${percent(CLEAR_GAP)}.`
      : `Reversed rankings: ${wrong.map(({ faster, slower }) => `${setting(faster)}: ${NAMES[slower.system]} before ${NAMES[faster.system]}`).join("; ")}.`,
  ].join("\n");
}

/** The same systems where collectives and messages take only their bytes' time. */
export function idealCollectives(cells: readonly IdealCell[]): string {
  return [
    "With ideal collectives (predicted with gloo's cost, and without it):",
    "",
    ...table(cells, ({ glooS, idealS }) => [glooS.toFixed(1), idealS.toFixed(1)]),
    "",
    ...leads(cells).map(
      ({ environment, over, times }) =>
        `Env ${environment}: Jupiter is ${Math.min(...times).toFixed(2)} to ${Math.max(...times).toFixed(2)} times as fast as ${NAMES[over]}.`,
    ),
  ].join("\n");
}

function table<T extends Setting & { readonly system: System }>(
  cells: readonly T[],
  show: (cell: T) => readonly string[],
): string[] {
  const settings = [...new Set(cells.map(setting))];
  const lines: string[][] = [];
  for (const name of settings) {
    for (const cell of cells.filter((candidate) => setting(candidate) === name))
      lines.push([name, NAMES[cell.system], ...show(cell)]);
  }
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines.map((line) =>
    line.map((text, i) => (i < 2 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join("  "),
  );
}

function setting({ environment, mbit, model }: Setting): string {
  return `Env ${environment}, ${mbit} Mbit/s, ${model}`;
}
