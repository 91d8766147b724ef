/** One tab and rings of them on this machine's GPU, where it has one, beside wasm and beside transformers.js on the same GPU. */
import { launchChromium } from "../../chromium.ts";
import { alternate, toldTurns, type Contender } from "../alternate.ts";
import { adapterOf } from "../adapter.ts";
import { openTransformers } from "../peers/transformers.ts";
import { row, timesOver, type Row } from "../row.ts";
import type { Suite } from "../suite.ts";
import {
  benchModel,
  decodeMsPerToken,
  goldenPeerPrompt,
  goldenPrompt,
  openBenchRing,
  openBenchRings,
  prefillMsPerToken,
} from "./bench-ring.ts";

const DECODED = 48;
const ON_GPU = { backend: "webgpu" } as const;
const HOST = "WebGPU, host alone";
/** By the names that rows have. */
const RINGS = [
  { name: HOST, donors: 0, fields: ON_GPU },
  { name: "WebGPU in float32, host alone", donors: 0, fields: ON_GPU, inits: { initWorkers: withoutHalf } },
  { name: "wasm, host alone", donors: 0, fields: {} },
  ...[1, 2, 4].map((donors) => ({ name: `WebGPU, donors: ${donors}`, donors, fields: ON_GPU, inits: {} })),
];

export const gpu: Suite = {
  name: "gpu",
  about: "Tabs on this machine's GPU beside wasm and transformers.js; minutes, unless there is none",
  minutes: { sampled: 0.1, full: 0.1 },
  async run({ rounds, full, say }) {
    await using browser = await launchChromium([], "machine");
    const adapter = await adapterOf(browser);
    if (adapter === null)
      return { rows: [], floor: null, notes: ["No GPU figure exists: this machine's browser has no GPU adapter."] };
    const model = await benchModel();
    const all = full ? RINGS : RINGS.filter(({ donors }) => donors < 4);
    await using rings = await openBenchRings(all, ({ name, donors, fields, inits }) => {
      say(`opening: ${name}`, 0);
      return openBenchRing(browser, donors, fields, inits);
    });
    const [long, veryLong] = [goldenPrompt("long"), goldenPrompt("very-long")];
    const context = await browser.newContext();
    try {
      const contenders: Contender[] = rings.opened.map((ring, i) => ({
        name: all[i]!.name,
        async measure() {
          const answer = await ring.ask(long, DECODED);
          return {
            prefill: prefillMsPerToken(answer),
            decode: decodeMsPerToken(answer),
            veryLong: prefillMsPerToken(await ring.ask(veryLong, 2)),
          };
        },
      }));
      const peers: string[] = [];
      for (const form of ["fp32", "q4"] as const) {
        const name = `transformers.js ${form} on WebGPU`;
        say(`opening: ${name}`, 0);
        const peer = await openTransformers(await context.newPage(), { model, threads: 1, form, device: "webgpu" });
        peers.push(name);
        contenders.push({
          name,
          async measure() {
            const [timed, longer] = [
              await peer.run(goldenPeerPrompt("long"), DECODED),
              await peer.run(goldenPeerPrompt("very-long"), 2),
            ];
            return {
              prefill: timed.prefillMs / timed.promptTokens,
              decode: timed.decodeMs / timed.outputTokens,
              veryLong: longer.prefillMs / longer.promptTokens,
            };
          },
        });
      }
      const turns = await alternate(contenders, toldTurns(rounds, say));
      const facts = { source: "real", better: "less", unit: "ms/token" } as const;
      const rows = contenders.flatMap(({ name }): Row[] =>
        Object.entries(TITLES).map(([what, title]) =>
          row({ ...facts, name: `${name}: ${title}` }, turns.of(name, what)),
        ),
      );
      const ratios = timesOver(turns, [...peers, "wasm, host alone"], HOST, TITLES);
      return {
        rows: [...rows, ...ratios],
        floor: turns.floor,
        notes: [
          `All tabs share one GPU (${adapter}): donors cannot be faster there than one tab, and what they lose is what a ring costs.`,
          "Not beside WebLLM: it runs only weights that were compiled for it.",
        ],
      };
    } finally {
      await context.close();
    }
  },
};

/** Of what is measured. */
const TITLES = { prefill: "prefill of 246 tokens", veryLong: "prefill of 864 tokens", decode: "decode" } as const;

/** Runs in a worker: a GPU that has half precision looks like one without. */
function withoutHalf(): void {
  const features = Reflect.get(globalThis, "GPUSupportedFeatures") as { readonly prototype: object } | undefined;
  if (features === undefined) return;
  const has = Reflect.get(features.prototype, "has") as (name: string) => boolean;
  Reflect.set(features.prototype, "has", function (this: object, name: string) {
    return name !== "shader-f16" && has.call(this, name);
  });
}
