/** The published evaluation of Jupiter, cell by cell, as schedules on the simulator's clock give it. */
import { readFileSync } from "node:fs";
import { meanError, Paper, predictAll, type Cell } from "../../sim/paper.ts";
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
    const ideal = predictAll(values, "ideal");
    const facts = { source: "simulated", better: "less", unit: "s" } as const;
    const rows = cells.flatMap((cell, i) => [
      row({ ...facts, name: `${nameOf(cell)}${cell.isCalibrated ? " (calibrated)" : ""}` }, [cell.predictedS]),
      row({ ...facts, name: `${nameOf(cell)}, ideal collectives` }, [ideal[i]?.predictedS ?? NaN]),
    ]);
    const error = row({ ...facts, unit: "%", name: "mean error of the predicted cells" }, [100 * meanError(cells)]);
    return Promise.resolve({
      rows: [error, ...rows],
      floor: null,
      notes: ["What the values are calibrated on, and what that means: docs/simulator.md."],
    });
  },
};

function nameOf({ environment, mbit, model, system }: Cell): string {
  return `${environment}, ${mbit} Mbit/s, ${model}, ${system}`;
}
