import type { TabMemory } from "../ring/tabs.ts";
import type { Spread } from "./stats.ts";

export interface Row extends Spread {
  readonly name: string;
  readonly unit: string;
}

export interface Report {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly browser: string;
    readonly node: string;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly method: Readonly<Record<string, string | number>>;
  readonly rows: readonly Row[];
  /** After loading, before the first question; the largest tab process first. */
  readonly tabMemory: readonly TabMemory[];
}

const BEGIN = "<!-- bench: written by `npm run bench -- --readme` -->";
const END = "<!-- /bench -->";

export function table({ machine, method, versions, rows }: Report): string {
  const { cpu, cores, memoryBytes, browser } = machine;
  const lines = rows.map(
    ({ name, unit, median, min, max }) => `| ${name} | ${number(median)} ${unit} | ${number(min)} to ${number(max)} |`,
  );
  return [
    `${cpu}, ${cores} cores, ${Math.round(memoryBytes / 1e9)} GB, Chromium ${browser}, onnxruntime-web ${versions["onnxruntime-web"] ?? "?"}; ` +
      `${method["model"] ?? "?"}, ${method["backend"] ?? "?"}, ${method["threads"] ?? "?"} thread a tab, all tabs on this machine; ${method["reps"] ?? "?"} rounds, contenders taking turns.`,
    "",
    "| what | median | range |",
    "|---|---|---|",
    ...lines,
  ].join("\n");
}

/** `readme` with the table between its markers. Throws where it has none. */
export function readmeTable(readme: string, report: Report): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`README needs the lines ${BEGIN} and ${END}; the table goes between them.`);
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${table(report)}\n\n${readme.slice(end)}`;
}

function number(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}
