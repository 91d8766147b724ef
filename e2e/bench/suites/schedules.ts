/** The paper's systems as schedules, replayed by real tabs over real links with messages of their size, beside what the simulator says of the same schedules. */
import { readFileSync } from "node:fs";
import { runSchedules } from "@jupiter/simulator";
import { replay } from "../../ring/replay.ts";
import { parse } from "../../ring/scenario.ts";
import { Paper, setUp, type System } from "../../sim/paper.ts";
import { row, type Row } from "../row.ts";
import type { Suite } from "../suite.ts";

const file = new URL("../scenarios/paper.json", import.meta.url);
const SYSTEMS: readonly System[] = ["edgeshard", "jupiter", "sequence-parallel", "detransformer", "galaxy", "megatron"];
/** Answers are short: a token of tensor parallelism over gloo takes seconds, and one is like the other. */
const NEW_TOKENS = 4;
const SETTINGS = [
  { environment: "A", mbit: 100, model: "7B" },
  { environment: "B", mbit: 500, model: "7B" },
];

export const schedules: Suite = {
  name: "schedules",
  about: `The paper's systems replayed in tabs that compute nothing: 260 prompt tokens and ${NEW_TOKENS} new ones`,
  minutes: { sampled: 4, full: 8 },
  async run({ browser, full, say }) {
    const paper = { ...parse(Paper, JSON.parse(readFileSync(file, "utf8")), "paper.json"), newTokens: NEW_TOKENS };
    const cells = SETTINGS.slice(0, full ? undefined : 1).flatMap((setting) =>
      SYSTEMS.map((system) => ({ setting, system })),
    );
    const rows: Row[] = [];
    const errors: number[] = [];
    let late = 0;
    for (const [i, { setting, system }] of cells.entries()) {
      const name = `Env ${setting.environment}, ${setting.mbit} Mbit/s, ${setting.model}, ${system}`;
      say(name, i / cells.length);
      const { schedules, network } = setUp(paper, setting, system);
      const simulatedMs = runSchedules(schedules, network).marks.get("last token") ?? NaN;
      const { marks, lateShare } = await replay(setUp(paper, setting, system).schedules, { ...network, browser });
      const replayedMs = marks.get("last token") ?? NaN;
      const error = 100 * (replayedMs / simulatedMs - 1);
      errors.push(Math.abs(error));
      late = Math.max(late, lateShare);
      const facts = { unit: "s", better: "same" } as const;
      rows.push(
        row({ ...facts, name: `${name}: replayed`, source: "replayed" }, [replayedMs / 1000]),
        row({ ...facts, name: `${name}: simulated`, source: "simulated" }, [simulatedMs / 1000]),
        row({ name: `${name}: difference`, unit: "%", source: "replayed", better: "less" }, [Math.abs(error)]),
      );
    }
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    return {
      rows: [row({ name: "mean difference", unit: "%", source: "replayed", better: "less" }, [mean]), ...rows],
      floor: null,
      notes: [
        "Rate and cost of messages are those that the paper's cells were fitted with (docs/simulator.md).",
        `At most ${(100 * late).toFixed(1)} % of a run's messages came later over the real link than the shaped one would have delivered them.`,
      ],
    };
  },
};
