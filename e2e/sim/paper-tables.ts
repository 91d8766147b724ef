/** What `npm run sim -- paper` prints. */
import { error, meanError, reversals, type Cell, type Paper, type System } from "./paper.ts";

/** A ranking counts where the paper's own figures are so far apart. */
export const CLEAR_GAP = 0.15;

const NAMES: Readonly<Record<System, string>> = {
  "one-device": "one device",
  "sequence-parallel": "SP",
  megatron: "M-LM",
  detransformer: "DT",
  galaxy: "Galaxy",
  edgeshard: "EdgeShard",
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
      `${(100 * (predictedS / publishedS - 1)).toFixed(0)} %`,
    ]),
    "",
    `Mean absolute error of the predicted cells: ${(100 * meanError(cells)).toFixed(1)} %; largest: ${(100 * Math.max(...predicted.map((cell) => Math.abs(error(cell))))).toFixed(1)} %.`,
    wrong.length === 0
      ? `No ranking is reversed where the paper's gap exceeds ${100 * CLEAR_GAP} %.`
      : `Reversed rankings: ${wrong.map(({ faster, slower }) => `${setting(faster)}: ${NAMES[slower.system]} before ${NAMES[faster.system]}`).join("; ")}.`,
  ].join("\n");
}

/** The same systems where collectives and messages take only their bytes' time. */
export function idealCollectives(cells: readonly Cell[], ideal: readonly Cell[]): string {
  const rows = ideal.map((cell, i) => ({ ...cell, publishedS: cells[i]?.predictedS ?? NaN }));
  return [
    "With ideal collectives (predicted with gloo's cost, and without it):",
    "",
    ...table(rows, ({ publishedS, predictedS }) => [publishedS.toFixed(1), predictedS.toFixed(1)]),
  ].join("\n");
}

function table(cells: readonly Cell[], show: (cell: Cell) => readonly string[]): string[] {
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

function setting({ environment, mbit, model }: Cell): string {
  return `Env ${environment}, ${mbit} Mbit/s, ${model}`;
}
