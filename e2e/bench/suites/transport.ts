/** What a ring costs without arithmetic: tabs that compute nothing, frames of real size over real links. */
import { fileURLToPath } from "node:url";
import { runScenario } from "../../ring/run.ts";
import { parse, Scenario } from "../../ring/scenario.ts";
import { row, type Row } from "../row.ts";
import type { Suite } from "../suite.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** Hidden sizes of SmolLM2 135M, Qwen2.5 1.5B and Llama2 7B. */
const SIZES = [576, 1536, 4096];
const CHUNK = 64;
const WIRES = ["f32", "f16"] as const;
const DONORS = 2;
const PROMPT = { id: "prompt", promptTokens: 1024, tokens: 64 };
const FREE = { layer: [{ floorMs: 0, rowMs: 0 }] };

export const transport: Suite = {
  name: "transport",
  about: "Laps of two donors that compute nothing: what links, tabs and queues take",
  minutes: { sampled: 2, full: 4 },
  async run({ rounds, full, say }) {
    const sizes = full ? SIZES : SIZES.slice(0, 2);
    const rows: Row[] = [];
    const settings = sizes.flatMap((D) => WIRES.map((wire) => ({ D, wire })));
    for (const [i, { D, wire }] of settings.entries()) {
      say(`${D} values a row in ${wire}`, i / settings.length);
      const ask = (id: number) => ({ ...PROMPT, id: `${id}` });
      const scenario = parse(
        Scenario,
        {
          shape: { L: DONORS, D },
          devices: [
            { name: "host", time: { ...FREE, head: { floorMs: 0, rowMs: 0 } } },
            ...Array.from({ length: DONORS }, (_, donor) => ({ name: `donor ${donor + 1}`, time: FREE })),
          ],
          layers: Array<number>(DONORS).fill(1),
          chunk: CHUNK,
          wire,
          prompts: Array.from({ length: rounds + 1 }, (_, round) => ask(round)),
        },
        "scenario",
      );
      // The first answer warms up.
      const cases = (await runScenario(scenario, { folder: root, say: () => undefined })).cases.slice(1);
      const facts = { source: "real", better: "less" } as const;
      const name = `${D} values, ${wire}`;
      const chunks = PROMPT.promptTokens / CHUNK;
      rows.push(
        row(
          { ...facts, name: `${name}: hop of one row`, unit: "ms" },
          cases.map(({ decodeMsPerToken }) => (decodeMsPerToken ?? NaN) / (DONORS + 1)),
        ),
        row(
          { ...facts, name: `${name}: chunk of ${CHUNK} rows, the pipeline full`, unit: "ms" },
          cases.map(({ prefillMs }) => prefillMs / chunks),
        ),
      );
    }
    return {
      rows,
      floor: null,
      notes: [
        "Every tab has its page and its worker on this machine's cores; emulated devices take no time, links are real.",
      ],
    };
  },
};
