/** One tab against other projects', with the same weights: no ring can be faster than what its tabs are made of. */
import type { BrowserContext } from "playwright";
import { alternate, toldTurns, type Contender } from "../alternate.ts";
import type { Peer } from "../peers/peer.ts";
import { openTransformers } from "../peers/transformers.ts";
import { openWllama } from "../peers/wllama.ts";
import { row, timesOver } from "../row.ts";
import type { Suite } from "../suite.ts";
import {
  benchModel,
  decodeMsPerToken,
  goldenPeerPrompt,
  goldenPrompt,
  modelUrlOf,
  openBenchRing,
  prefillMsPerToken,
  type BenchRing,
} from "./bench-ring.ts";

const DECODED = 48;
const HOST = "host alone";
/** The first is what the library takes on wasm unless told otherwise. */
const FORMS = ["q8", "fp32", "q4"] as const;

export const single: Suite = {
  name: "single",
  about:
    "One tab that holds the whole model, beside wllama (llama.cpp in wasm) and transformers.js (onnxruntime in wasm)",
  minutes: { sampled: 4, full: 14 },
  async run({ browser, rounds, full, say }) {
    say("opening the tabs", 0);
    await using ring = await openBenchRing(browser, 0);
    const long = goldenPrompt("long");
    const context = await browser.newContext();
    try {
      const peers = await openPeers(context, ring, full);
      const contenders: Contender[] = [
        {
          name: HOST,
          async measure() {
            const answer = await ring.ask(long, DECODED);
            return { prefill: prefillMsPerToken(answer), decode: decodeMsPerToken(answer) };
          },
        },
        ...[...peers].map(([name, peer]) => ({
          name,
          async measure() {
            const timed = await peer.run(goldenPeerPrompt("long"), DECODED);
            return { prefill: timed.prefillMs / timed.promptTokens, decode: timed.decodeMs / timed.outputTokens };
          },
        })),
      ];
      const turns = await alternate(contenders, toldTurns(rounds, say));
      const facts = { source: "real", better: "less" } as const;
      const rows = contenders.flatMap(({ name }) => [
        row({ ...facts, name: `${name}: prefill of 246 tokens`, unit: "ms/token" }, turns.of(name, "prefill")),
        row({ ...facts, name: `${name}: decode`, unit: "ms/token" }, turns.of(name, "decode")),
      ]);
      const ratios = timesOver(turns, [...peers.keys()], HOST, { prefill: "prefill", decode: "decode" });
      return {
        rows: [...rows, ...ratios],
        floor: turns.floor,
        notes: [
          "wllama has the same file; transformers.js the same weights as a public export has them: in float32, or rounded anew to 8 or 4 bits.",
          ...(full ? ["Our kernels run on one thread, whatever a peer has."] : []),
        ],
      };
    } finally {
      await context.close();
    }
  },
};

/** By the names that rows have. */
async function openPeers(context: BrowserContext, ring: BenchRing, full: boolean): Promise<ReadonlyMap<string, Peer>> {
  const peers = new Map<string, Peer>();
  const [modelUrl, model] = [await modelUrlOf(ring), await benchModel()];
  for (const threads of full ? [1, 2] : [1]) {
    const suffix = threads === 1 ? "" : `, ${threads} threads`;
    const origin = ring.room.server.url;
    peers.set(`wllama${suffix}`, await openWllama(await context.newPage(), { origin, modelUrl, threads }));
    for (const form of full ? FORMS : FORMS.slice(0, 2)) {
      const page = await context.newPage();
      peers.set(`transformers.js ${form}${suffix}`, await openTransformers(page, { model, threads, form }));
    }
  }
  return peers;
}
