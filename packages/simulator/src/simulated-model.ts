/**
 * The pipeline's arithmetic with its results from a rule and its time from a cost model. A row of activations holds one number: its token's id until the
 * first stage, then the rule's state after that row. Only so are slots, parents, rollbacks and moves taken as real stages take them: a coordinator that
 * errs gets another text.
 */
import type { Computed, Embedding, Head, Stage } from "@jupiter/pipeline";
import { headMs, placeMs, type DeviceCosts, type HeadCost } from "@jupiter/planner";
import {
  ROOT,
  SlotLists,
  type Activations,
  type ArenaId,
  type CacheCommand,
  type RowScore,
  type RowTable,
  type ScorePolicy,
} from "@jupiter/protocol";
import { numbersOf, rowsOf } from "./numbered-rows.ts";
import type { TokenRule } from "./token-rule.ts";

/** Whoever computes one thing at a time: on a virtual clock, or in a tab by its own. */
export interface Computer {
  /** Resolves with the milliseconds that it took from its own start, its turn awaited. */
  compute(label: string, workMs: number): Promise<number>;
}

/** `D` values a row. */
export function ruledEmbedding(hidden: number): Embedding {
  return (ids) => rowsOf([...ids], hidden);
}

/** Rows to rows at once; what it would take is the stage's to say. */
export interface RowModel {
  forward(x: Activations, rows: RowTable): Activations;
  skip(rows: RowTable): void;
  apply(command: CacheCommand): void;
}

/** Of every stage but the first: states pass through. */
export const passingRows: RowModel = { forward: (x) => x, skip: () => undefined, apply: () => undefined };

/** Of the first stage: knows each slot's state, as its row's ancestors make it. */
export class RuledRows implements RowModel {
  readonly #rule: TokenRule;
  readonly #lists = new SlotLists();
  readonly #states = new Map<ArenaId, number[]>();

  constructor(rule: TokenRule) {
    this.#rule = rule;
  }

  forward(x: Activations, rows: RowTable): Activations {
    const states = this.#append(rows);
    const after = numbersOf(x).map((token, i) => {
      const parent = rows.parents[i] ?? ROOT;
      const before = parent === ROOT ? this.#rule.start : states[parent]!;
      return (states[rows.base + i] = this.#rule.step(before, token));
    });
    return rowsOf(after, x.hidden);
  }

  skip(rows: RowTable): void {
    const states = this.#append(rows);
    for (let i = 0; i < rows.parents.length; i++) states[rows.base + i] = NaN;
  }

  apply(command: CacheCommand): void {
    this.#lists.apply(command);
    switch (command.kind) {
      case "keep": {
        const states = this.#statesOf(command.arena);
        states.splice(command.base, Infinity, ...command.slots.map((slot) => states[slot]!));
        return;
      }
      case "move": {
        const from = this.#statesOf(command.from);
        this.#statesOf(command.arena).splice(command.base, Infinity, ...command.slots.map((slot) => from[slot]!));
        return;
      }
      case "free":
        this.#states.delete(command.arena);
        return;
      case "plan":
        return;
      default:
        command satisfies never;
    }
  }

  #append(rows: RowTable): number[] {
    this.#lists.append(rows);
    const states = this.#statesOf(rows.arena);
    states.length = Math.min(states.length, rows.base);
    return states;
  }

  #statesOf(arena: ArenaId): number[] {
    const states = this.#states.get(arena) ?? [];
    this.#states.set(arena, states);
    return states;
  }
}

/** `layers` layers of a device. */
export class TimedStage implements Stage {
  readonly #rows: RowModel;
  readonly #costs: DeviceCosts;
  readonly #layers: number;
  readonly #computer: Computer;

  constructor(rows: RowModel, costs: DeviceCosts, layers: number, computer: Computer) {
    this.#rows = rows;
    this.#costs = costs;
    this.#layers = layers;
    this.#computer = computer;
  }

  async forward(x: Activations, rows: RowTable): Promise<Computed<Activations>> {
    const result = this.#rows.forward(x, rows);
    const T = rows.parents.length;
    const workMs = stageMs(this.#costs, this.#layers, rows);
    const what = T === 1 ? `row ${rows.base}` : `rows ${rows.base} to ${rows.base + T - 1}`;
    return { result, computeMs: await this.#computer.compute(what, workMs) };
  }

  skip(rows: RowTable): void {
    this.#rows.skip(rows);
  }

  apply(command: CacheCommand): void {
    this.#rows.apply(command);
  }
}

/** What a frame takes on a device with so many layers: what the planner foretells and the clocks wait for is one formula. */
export function stageMs(costs: DeviceCosts, layers: number, { parents, base }: RowTable): number {
  return placeMs({ costs, layers }, parents.length, base);
}

/** Greedy by the rule; lead and entropy are made up. */
export class TimedHead implements Head {
  readonly #rule: TokenRule;
  readonly #cost: HeadCost;
  readonly #computer: Computer;

  constructor(rule: TokenRule, cost: HeadCost, computer: Computer) {
    this.#rule = rule;
    this.#cost = cost;
    this.#computer = computer;
  }

  async score(x: Activations, policies: readonly ScorePolicy[]): Promise<Computed<readonly RowScore[]>> {
    const states = numbersOf(x);
    const result = policies.map((policy, row): RowScore => {
      const chosen = this.#rule.next(states[row] ?? NaN);
      const best = [
        { id: chosen, logProb: -0.1 },
        { id: chosen + 1, logProb: -3 },
      ];
      return { row, chosen, best, asked: policy.askIds.map(() => -10), entropy: 0.5 };
    });
    return { result, computeMs: await this.#computer.compute("head", headMs(this.#cost, policies.length)) };
  }
}
