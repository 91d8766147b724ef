/** The published evaluation of Jupiter, cell by cell, as schedules on the simulator's clock give it. */
import { readFileSync } from "node:fs";
import { idealCells, leads, meanError, Paper, predictAll, type Setting, type System } from "../../sim/paper.ts";
import { parse } from "../../ring/scenario.ts";
import { row } from "../row.ts";
import type { Suite } from "../suite.ts";

const file = new URL("../scenarios/paper.json", import.meta.url);

export const paper: Suite = {
  name: "paper",
  about: "Jupiter's published table: every system, environment, model and rate",
  minutes: { sampled: 0.2, full: 0.2 },
  run({ say }) {
    say("simulating", 0);
    const values = parse(Paper, JSON.parse(readFileSync(file, "utf8")), "paper.json");
    const cells = predictAll(values);
    const ideal = idealCells(values, cells);
    const facts = { source: "simulated", better: "less", unit: "s" } as const;
    const rows = [
      ...cells.map((cell) =>
        row({ ...facts, name: `${nameOf(cell)}${cell.isCalibrated ? " (calibrated)" : ""}` }, [cell.predictedS]),
      ),
      ...ideal.map((cell) => row({ ...facts, name: `${nameOf(cell)}, ideal collectives` }, [cell.idealS])),
      ...leads(ideal).map(({ environment, over, times }) => {
        const name = `${environment}, ideal collectives: Jupiter over ${over}`;
        return row({ source: "simulated", better: "more", unit: "times", name }, times);
      }),
    ];
    const error = row({ ...facts, unit: "%", name: "mean error of the predicted cells" }, [100 * meanError(cells)]);
    return Promise.resolve({
      rows: [error, ...rows],
      floor: null,
      notes: [
        "edgeshard-latency: its split with the least time in all, which the paper does not show.",
        "What the values are calibrated on, and what that means: docs/simulator.md.",
      ],
    });
  },
};

function nameOf({ environment, mbit, model, system }: Setting & { system: System }): string {
  return `${environment}, ${mbit} Mbit/s, ${model}, ${system}`;
}
