/** Drafters beside a ring of real tabs: draft models, Medusa heads. Tiny models of random weights: the ring's own, another one, one with other tokens. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { safetensors, seeded, tinyCheckpoint } from "@jupiter/testkit";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";
import type { CaseResult } from "../ring/run.ts";

const folder = mkdtempSync(join(tmpdir(), "jupiter-drafts-"));
const file = (name: string) => join(folder, name);
const PROMPTS = ["Once upon a time", "the ring of small devices", "1, 2, 3"].map((text, i) => ({
  id: `${i}`,
  text,
  tokens: 100,
}));
/** Three heads of one small random block each. */
function tinyHeads(): Uint8Array {
  const random = seeded(3);
  const D = 64;
  const values = (length: number) => Float32Array.from({ length }, () => (random() - 0.5) / 16);
  const head = (k: number) => ({
    [`medusa_head.${k}.0.linear.weight`]: { dims: [D, D], data: values(D * D) },
    [`medusa_head.${k}.0.linear.bias`]: { dims: [D], data: values(D) },
  });
  return safetensors({ ...head(1), ...head(2), ...head(3) });
}

let browser: Browser;
let ring: OpenRing;
const plain: CaseResult[] = [];

beforeAll(async () => {
  writeFileSync(file("tiny.gguf"), tinyCheckpoint());
  writeFileSync(file("same.gguf"), tinyCheckpoint());
  writeFileSync(file("heads.safetensors"), tinyHeads());
  writeFileSync(file("other.gguf"), tinyCheckpoint({ seed: 5, dims: { L: 2 } }));
  writeFileSync(file("more-words.gguf"), tinyCheckpoint({ dims: { V: 321 } }));
  browser = await launchChromium();
  ring = await openRing(
    { model: file("tiny.gguf"), tabs: 2, draft: `model:${file("same.gguf")},medusa:${file("heads.safetensors")}` },
    browser,
  );
  for (const prompt of PROMPTS) plain.push(await ring.ask(prompt));
});

afterAll(async () => {
  await ring[Symbol.asyncDispose]();
  await browser.close();
  rmSync(folder, { recursive: true });
});

/** The same answers, whoever guessed; what became of the draft model's guesses. */
async function guessed(strategy: "window" | "continuous", drafters: readonly string[], of = "model") {
  const total = { drafted: 0, sent: 0, accepted: 0, laps: 0, tokens: 0 };
  for (const [i, prompt] of PROMPTS.entries()) {
    const answer = await ring.ask(prompt, undefined, { strategy, drafters });
    expect(answer.output).toEqual(plain[i]?.output);
    const counts = answer.counts?.drafters.find(({ name }) => name === of);
    total.drafted += counts?.drafted ?? 0;
    total.sent += counts?.sent ?? 0;
    total.accepted += counts?.accepted ?? 0;
    total.laps += answer.laps;
    total.tokens += answer.output.length;
  }
  return total;
}

// How many guesses come in time is this machine's affair, and whether they pay then decides how many are asked for.
it.each(["window", "continuous"] as const)(
  "one that is the ring's model is right all the time: %s",
  async (strategy) => {
    const { drafted, sent, accepted, laps, tokens } = await guessed(strategy, ["model"]);
    expect(drafted).toBeGreaterThan(0);
    expect(laps).toBeLessThanOrEqual(tokens);
    // Second guesses are wrong; what is sent is mostly the first.
    expect(accepted).toBeGreaterThanOrEqual(sent / 2);
  },
);

it("Medusa heads beside the LM head guess with every verdict, and change nothing", async () => {
  for (const strategy of ["window", "continuous"] as const) {
    const { drafted } = await guessed(strategy, ["medusa"], "medusa");
    expect(drafted).toBeGreaterThan(0);
  }
});

it("another one, merged with lookup, changes nothing", async () => {
  await ring.restart({ draft: `lookup,model:${file("other.gguf")}` });
  const { drafted } = await guessed("continuous", ["lookup", "model"]);
  expect(drafted).toBeGreaterThan(0);
});

it("one with other tokens is refused with words", async () => {
  await expect(ring.restart({ draft: `model:${file("more-words.gguf")}` })).rejects.toThrow("has other tokens");
});
