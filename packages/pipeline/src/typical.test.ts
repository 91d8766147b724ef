import { describe, expect, it } from "vitest";
import { decodingOf, type AcceptanceRule, type Strategy } from "./decoding.ts";
import type { Draft, Drafter } from "./drafter.ts";
import { seededUniform } from "./seeded-uniform.ts";
import { mix, SHARES, toyAnswer, ToyDrafter, ToyRing, V } from "./toy-ring.ts";
import { soften, TYPICAL } from "./typical.ts";

/** The rule as it is published, over the whole vocabulary, in float64. */
function reference(logits: readonly number[]): { probabilities: readonly number[]; threshold: number } {
  const weights = logits.map((logit) => Math.exp(logit / TYPICAL.temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  const probabilities = weights.map((weight) => weight / sum);
  const entropy = -probabilities.reduce((total, p) => total + (p > 0 ? p * Math.log(p) : 0), 0);
  return { probabilities, threshold: Math.min(TYPICAL.epsilon, TYPICAL.alpha * Math.exp(-entropy)) };
}

/** What the head tells of such logits: the 64 best, the entropy over all, single precision. */
function told(logits: readonly number[]) {
  const logSum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
  const logProbs = logits.map((logit) => logit - logSum);
  const entropy = Math.fround(-logProbs.reduce((total, logProb) => total + Math.exp(logProb) * logProb, 0));
  const best = logProbs
    .map((logProb, id) => ({ id, logProb: Math.fround(logProb) }))
    .sort((a, b) => b.logProb - a.logProb)
    .slice(0, 64);
  return { best, entropy, logProbs };
}

/** `spread` 0.5: almost all alike; 5: one or two stand out. */
function randomLogits(seed: number, size: number, spread: number): number[] {
  const uniform = (step: number) => Math.max(1e-12, seededUniform(seed, step));
  return Array.from({ length: size }, (_, i) => {
    const normal = Math.sqrt(-2 * Math.log(uniform(2 * i))) * Math.cos(2 * Math.PI * uniform(2 * i + 1));
    return spread * normal;
  });
}

describe("the rule, from what the head tells of a row,", () => {
  it.each([0.5, 1, 2, 3, 5])("is the one over the whole vocabulary: logits spread by %d", (spread) => {
    let judged = 0;
    let accepted = 0;
    for (let seed = 0; seed < 8; seed++) {
      const logits = randomLogits(seed, 3000, spread);
      const exact = reference(logits);
      const { logProbs, ...score } = told(logits);
      const { probabilityOf, threshold } = soften(score);
      expect(Math.abs(threshold / exact.threshold - 1)).toBeLessThan(0.08);
      exact.probabilities.forEach((probability, id) => {
        const soft = probabilityOf(logProbs[id] ?? NaN);
        expect(Math.abs(soft / probability - 1)).toBeLessThan(0.05);
        // Too near to call: what lies beyond the best candidates is known by two numbers only.
        if (Math.abs(probability / exact.threshold - 1) < 0.1) return;
        judged++;
        if (probability > exact.threshold) accepted++;
        expect(soft > threshold).toBe(probability > exact.threshold);
      });
    }
    expect(accepted).toBeGreaterThanOrEqual(8);
    expect(judged - accepted).toBeGreaterThan(1000);
  });

  it("always accepts the best token", () => {
    for (let seed = 0; seed < 50; seed++) {
      const { best, entropy } = told(randomLogits(seed, 500, seed / 10));
      const { probabilityOf, threshold } = soften({ best, entropy });
      expect(probabilityOf(best[0]?.logProb ?? NaN)).toBeGreaterThan(threshold);
    }
  });
});

/** Names, below each place, chains of tokens that have these ranks in what the toy model finds best. */
class TreeDrafter implements Drafter {
  readonly name = "toy";
  readonly isInstant = true;
  readonly #chains: readonly (readonly number[])[];

  constructor(chains: readonly (readonly number[])[]) {
    this.#chains = chains;
  }

  extend(views: Parameters<Drafter["extend"]>[0]): readonly Draft[] {
    const drafts: Draft[] = [];
    views.forEach(({ certain, drafted }, view) => {
      if (drafted.length > 0) return;
      for (const chain of this.#chains) {
        const tokens = [...certain];
        chain.forEach((rank, i) => {
          const [best = 0] = toyAnswer(1, tokens, 1, { eos: -1 });
          const token = (best + rank) % V;
          drafts.push({ view, after: i === 0 ? -1 : drafts.length - 1, token, probability: 0.9 });
          tokens.push(token);
        });
      }
    });
    return drafts;
  }

  forget(): void {}
}

/** A chain of one rank. */
const chainOf = (rank: number) => new TreeDrafter([Array<number>(7).fill(rank)]);

const PROMPT = Array.from({ length: 9 }, (_, i) => mix(i, 0) % V);

interface Asked {
  readonly acceptance?: AcceptanceRule;
  readonly strategy?: Strategy;
  readonly drafter: Drafter;
  readonly policy?: { temperature: number; topP: number; topK: number; seed: number };
  readonly headOnLast?: { readonly vocabulary: number };
}

function answer({ drafter, acceptance = "typical", strategy = "window", policy, headOnLast }: Asked) {
  const decoding = decodingOf({ strategy, drafters: ["toy"], rows: 8, acceptance }, 1);
  const head = headOnLast === undefined ? {} : { headOnLast };
  const ring = new ToyRing(1, 3, { decoding, drafters: [drafter], costOf: (rows) => 1 + 0.01 * rows, ...head });
  ring.ask("a", PROMPT, { maxTokens: 40, stopIds: [], ...(policy === undefined ? {} : { policy }) });
  ring.run();
  const { tokens = [], timings } = ring.answers.get("a") ?? {};
  return { tokens, laps: timings?.laps ?? NaN, accepted: timings?.counts?.accepted ?? 0, ranks: ranksOf(tokens) };
}

/** How many tokens the toy model finds better, at each step. */
function ranksOf(tokens: readonly number[]): number[] {
  return tokens.map((token, i) => {
    const [best = 0] = toyAnswer(1, [...PROMPT, ...tokens.slice(0, i)], 1, { eos: -1 });
    return (token - best + V) % V;
  });
}

describe("a ring that accepts by it", () => {
  const greedy = toyAnswer(1, PROMPT, 40, { eos: -1 });
  const { probabilities, threshold } = reference(SHARES.map(Math.log));
  const isAccepted = SHARES.map((_, rank) => (probabilities[rank] ?? 0) > threshold);

  it("takes drafts that are likely enough, and no others; what follows them is the best token", () => {
    expect(isAccepted).toEqual([true, true, true, true, false]);
    SHARES.forEach((_, rank) => {
      const { ranks, laps, accepted, tokens } = answer({ drafter: chainOf(rank) });
      if (isAccepted[rank] === true) {
        expect(new Set(ranks)).toEqual(new Set([0, rank]));
        expect(laps).toBeLessThan(12);
        expect(accepted).toBeGreaterThan(28);
      } else {
        expect(tokens).toEqual(greedy);
        expect(accepted).toBe(0);
      }
    });
  });

  it("goes the longest accepted way, and of equally long ones the likeliest", () => {
    // Of ranks 1 and 2 with nothing below, 1 is likelier; a chain of two below the less likely one is longer.
    const { ranks } = answer({ drafter: new TreeDrafter([[1], [2]]) });
    expect(ranks).toContain(1);
    expect(ranks).not.toContain(2);
    const longer = answer({ drafter: new TreeDrafter([[1], [2, 3]]) });
    expect(longer.ranks.join()).toContain("0,2,3,0");
    expect(longer.ranks).not.toContain(1);
    // What is refused does not make a way longer.
    expect(answer({ drafter: new TreeDrafter([[1], [2, 4]]) }).ranks).not.toContain(2);
  });

  it("takes the same where the last stage has the head and tells of the best tokens only", () => {
    const drafter = () => new TreeDrafter([[1], [2, 3]]);
    const there = answer({ drafter: drafter(), headOnLast: { vocabulary: V } });
    expect(there.tokens).toEqual(answer({ drafter: drafter() }).tokens);
    expect(there.accepted).toBeGreaterThan(0);
  });

  it("says what plain decoding says where nothing is drafted, greedily and by a seed", () => {
    const silent: Drafter = { name: "toy", extend: () => [], forget: () => undefined };
    expect(answer({ drafter: silent }).tokens).toEqual(greedy);
    const policy = { temperature: 1, topP: 1, topK: 0, seed: 7 };
    expect(answer({ drafter: silent, policy }).tokens).toEqual(toyAnswer(1, PROMPT, 40, { eos: -1, policy }));
  });

  it("is off unless named: the same drafts leave the greedy text as it is", () => {
    for (const strategy of ["window", "continuous"] as const) {
      const exact = answer({ drafter: chainOf(1), acceptance: "exact", strategy });
      expect(exact.tokens).toEqual(greedy);
      expect(exact.accepted).toBe(0);
      const typical = answer({ drafter: chainOf(1), strategy });
      expect(typical.tokens).not.toEqual(greedy);
    }
  });

  it("leaves forced ids as they are, and tells how likely the model finds each", () => {
    const force = toyAnswer(1, PROMPT, 12, { eos: -1 }).map((token) => (token + 1) % V);
    const drafters = [new ToyDrafter(1, { acceptance: 0.7, seed: 1 })];
    const decoding = decodingOf({ strategy: "window", drafters: ["toy"], acceptance: "typical" }, 1);
    const ring = new ToyRing(1, 3, { decoding, drafters });
    ring.ask("a", PROMPT, { stopIds: [], force });
    ring.run();
    const told = ring.answers.get("a");
    expect(told?.tokens).toEqual(force);
    expect(told?.logProbs.map((logProb) => Math.round(logProb * 1e6))).toEqual(
      ranksOf(force).map((rank) => Math.round(1e6 * Math.log(SHARES[rank] ?? Math.exp(-30)))),
    );
  });
});
