/** From the page's address to the first token: with nothing kept, and with the weights in the browser's store. The host alone. */
import { fileURLToPath } from "node:url";
import { GREEDY } from "@jupiter/pipeline";
import { createServer } from "@jupiter/signaling-server";
import type { Page } from "playwright";
import { ensureBuilt } from "../../../scripts/build.mjs";
import { modelFile, ringOptions } from "../../ring/run.ts";
import { parse, Scenario } from "../../ring/scenario.ts";
import { modelPlace } from "../../ring/tabs.ts";
import { toldTurns } from "../alternate.ts";
import { row } from "../row.ts";
import type { Suite } from "../suite.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

interface Start {
  /** From the page's address to a ring that can be asked. */
  readonly readyMs: number;
  /** To the first token of a short question. */
  readonly tokenMs: number;
}

export const load: Suite = {
  name: "load",
  about: "From opening the page to the first token, cold and warm, the host alone",
  minutes: { sampled: 1, full: 2 },
  async run({ browser, rounds, say }) {
    ensureBuilt(console.error);
    const scenario = parse(Scenario, { tabs: 0, hostLayers: "all", prompts: "none" }, "scenario");
    const { models, url } = modelPlace(await modelFile(scenario, root, console.error));
    const server = await createServer({ port: 0, page: `${root}/dist`, models });
    const options = ringOptions(scenario, url);
    const [cold, warm]: [Start[], Start[]] = [[], []];
    const { ended } = toldTurns(rounds, say);
    try {
      for (let round = 0; round <= rounds; round++) {
        const context = await browser.newContext();
        const page = await context.newPage();
        const first = await start(page, server.url, options);
        const second = await start(page, server.url, options);
        await context.close();
        // The first browser context also compiles what the browser then keeps.
        if (round > 0) {
          cold.push(first);
          warm.push(second);
        }
        ended({ round, name: "cold and warm", share: (round + 1) / (rounds + 1) });
      }
    } finally {
      await server.close();
    }
    const facts = { source: "real", better: "less", unit: "ms" } as const;
    const rows = (
      [
        ["cold", cold],
        ["warm", warm],
      ] as const
    ).flatMap(([name, starts]) => [
      row(
        { ...facts, name: `${name}: page to ready` },
        starts.map(({ readyMs }) => readyMs),
      ),
      row(
        { ...facts, name: `${name}: page to first token` },
        starts.map(({ tokenMs }) => tokenMs),
      ),
    ]);
    return { rows, floor: null, notes: ["Page, server and model file are on this machine: no network is part of it."] };
  },
};

async function start(page: Page, origin: string, options: ReturnType<typeof ringOptions>): Promise<Start> {
  const beganMs = performance.now();
  await page.goto(`${origin}?harness`);
  await page.waitForFunction(() => globalThis.jupiterHarness !== undefined);
  await page.evaluate(() => globalThis.jupiterHarness!.open("Host"));
  const ring = await page.evaluate((given) => globalThis.jupiterHarness!.start(given), options);
  if (ring.kind !== "ready") throw new Error("message" in ring ? ring.message : "the ring did not start");
  const readyMs = performance.now() - beganMs;
  await page.evaluate(
    (policy) =>
      globalThis.jupiterHarness!.ask({
        id: "first",
        conversation: "first",
        prompt: { kind: "chat", messages: [{ role: "user", content: "Hello" }] },
        maxTokens: 1,
        policy,
        stop: [],
      }),
    GREEDY,
  );
  return { readyMs, tokenMs: performance.now() - beganMs };
}
