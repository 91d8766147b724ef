/** How much network a ring needs: the same four devices over links of many rates and delays, on the simulator's clock. */
import { parse, Scenario, type ScenarioFields } from "../../ring/scenario.ts";
import { runSimulation } from "../../sim/run-sim.ts";
import { row, type Row } from "../row.ts";
import type { Suite } from "../suite.ts";
import { quietly, writtenScenario } from "./scenario-files.ts";

const FILE = "env-a-7b-continuous";

const NETWORKS = [
  { mbitPerS: 1000, delayMs: 0 },
  { mbitPerS: 100, delayMs: 0 },
  { mbitPerS: 10, delayMs: 0 },
  { mbitPerS: 100, delayMs: 5 },
  { mbitPerS: 100, delayMs: 20 },
  { mbitPerS: 100, delayMs: 100 },
  { mbitPerS: 100, delayMs: 5, loss: 0.01 },
];
const STRATEGIES = ["plain", "window", "continuous"] as const;
const PROMPT = { id: "prompt", promptTokens: 1024, tokens: 1 };

export const network: Suite = {
  name: "network",
  about: "Llama2-7B's shape on four Jetson Xavier NX over 10 to 1000 Mbit/s, 0 to 100 ms and 1 % loss",
  minutes: { sampled: 1, full: 3 },
  async run({ full, say }) {
    const written = writtenScenario(FILE);
    const answers = typeof written.prompts === "string" ? [] : written.prompts.slice(0, full ? undefined : 2);
    const rows: Row[] = [];
    for (const [i, link] of NETWORKS.entries()) {
      const name = `${link.mbitPerS} Mbit/s, ${link.delayMs} ms${"loss" in link ? `, ${100 * link.loss} % loss` : ""}`;
      say(name, i / NETWORKS.length);
      const simulated = async (changes: Partial<ScenarioFields>) => {
        const scenario = parse(Scenario, { ...written, links: [link], ...changes }, FILE);
        return (await runSimulation(scenario, quietly)).cases;
      };
      const facts = { source: "simulated", better: "less", unit: "ms/token" } as const;
      const [prompt] = await simulated({ prompts: [PROMPT], strategy: "plain", context: 2048 });
      rows.push(row({ ...facts, name: `${name}: prefill of 1,024 tokens` }, [prompt?.prefillMsPerToken ?? NaN]));
      for (const strategy of STRATEGIES) {
        const cases = await simulated({ prompts: answers, strategy });
        const mean = cases.reduce((sum, { decodeMsPerToken }) => sum + (decodeMsPerToken ?? NaN), 0) / cases.length;
        rows.push(row({ ...facts, name: `${name}: decode, ${strategy}` }, [mean]));
      }
    }
    return {
      rows,
      floor: null,
      notes: [
        `Times of devices are those of docs/simulator.md; ${answers.length} recorded answers with their recorded guesses, mean of all.`,
      ],
    };
  },
};
