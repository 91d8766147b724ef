/** One tab against another project's, with the same file: no ring can be faster than what its tabs are made of. */
import { alternate, type Contender } from "../alternate.ts";
import { ratio, row } from "../row.ts";
import type { Suite } from "../suite.ts";
import { openWllama } from "../wllama.ts";
import {
  decodeMsPerToken,
  goldenPrompt,
  goldenText,
  modelUrlOf,
  openBenchRing,
  prefillMsPerToken,
} from "./bench-ring.ts";

const DECODED = 48;
const HOST = "host alone";

export const single: Suite = {
  name: "single",
  about: "One tab that holds the whole model, beside wllama (llama.cpp in wasm) with the same file",
  minutes: { sampled: 3, full: 9 },
  async run({ browser, rounds, full, say }) {
    say("opening the tabs", 0);
    await using ring = await openBenchRing(browser, 0);
    const threadCounts = full ? [1, 2] : [1];
    const long = goldenPrompt("long");
    const contenders: Contender[] = [
      {
        name: HOST,
        async measure() {
          const answer = await ring.ask(long, DECODED);
          return { prefill: prefillMsPerToken(answer), decode: decodeMsPerToken(answer) };
        },
      },
    ];
    const context = await browser.newContext();
    try {
      const modelUrl = await modelUrlOf(ring);
      for (const threads of threadCounts) {
        const wllama = await openWllama(await context.newPage(), { origin: ring.room.server.url, modelUrl, threads });
        contenders.push({
          name: peer(threads),
          async measure() {
            const timed = await wllama.run(goldenText("long"), DECODED);
            return { prefill: timed.prefillMs / timed.promptTokens, decode: timed.decodeMs / timed.outputTokens };
          },
        });
      }
      const turns = await alternate(contenders, {
        rounds,
        done: (round) => say(round === 0 ? "warm" : `round ${round} of ${rounds}`, (round + 1) / (rounds + 1)),
      });
      const facts = { source: "real", better: "less" } as const;
      const rows = contenders.flatMap(({ name }) => [
        row({ ...facts, name: `${name}: prefill of 246 tokens`, unit: "ms/token" }, turns.of(name, "prefill")),
        row({ ...facts, name: `${name}: decode`, unit: "ms/token" }, turns.of(name, "decode")),
      ]);
      const ratios = threadCounts.flatMap((threads) =>
        (["prefill", "decode"] as const).map((what) =>
          ratio(
            { source: "real", better: "more", name: `${what}: ${peer(threads)} / ${HOST}` },
            turns.of(peer(threads), what),
            turns.of(HOST, what),
          ),
        ),
      );
      return {
        rows: [...rows, ...ratios],
        floor: turns.floor,
        notes: full ? ["Our kernels run on one thread, whatever the peer has."] : [],
      };
    } finally {
      await context.close();
    }
  },
};

function peer(threads: number): string {
  return threads === 1 ? "wllama" : `wllama, ${threads} threads`;
}
