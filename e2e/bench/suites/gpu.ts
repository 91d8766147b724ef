/** The host alone on WebGPU, where this machine has an adapter that is no software. */
import { alternate } from "../alternate.ts";
import { adapterOf } from "../adapter.ts";
import { row } from "../row.ts";
import type { Suite } from "../suite.ts";
import { decodeMsPerToken, goldenPrompt, openBenchRing, prefillMsPerToken } from "./bench-ring.ts";

const DECODED = 48;

export const gpu: Suite = {
  name: "gpu",
  about: "The host alone on WebGPU beside wasm, where there is a GPU",
  minutes: { sampled: 0.2, full: 0.5 },
  async run({ browser, rounds, say }) {
    await using onWasm = await openBenchRing(browser, 0);
    const adapter = await adapterOf(onWasm.room.host);
    if (adapter === null)
      return { rows: [], floor: null, notes: ["No GPU figure exists: this machine's browser has no GPU adapter."] };
    await using onGpu = await openBenchRing(browser, 0, { backend: "webgpu" });
    const long = goldenPrompt("long");
    const contenders = [
      { name: `WebGPU (${adapter})`, ring: onGpu },
      { name: "wasm", ring: onWasm },
    ];
    const turns = await alternate(
      contenders.map(({ name, ring }) => ({
        name,
        async measure() {
          const answer = await ring.ask(long, DECODED);
          return { prefill: prefillMsPerToken(answer), decode: decodeMsPerToken(answer) };
        },
      })),
      { rounds, done: (round) => say(`round ${round}`, (round + 1) / (rounds + 1)) },
    );
    const facts = { source: "real", better: "less", unit: "ms/token" } as const;
    const rows = contenders.flatMap(({ name }) => [
      row({ ...facts, name: `${name}: prefill of 246 tokens` }, turns.of(name, "prefill")),
      row({ ...facts, name: `${name}: decode` }, turns.of(name, "decode")),
    ]);
    return { rows, floor: turns.floor, notes: [] };
  },
};
