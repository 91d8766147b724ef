/**
 * The pipeline's arithmetic with its results from a rule and its time from a cost model. Activations have one value a row: its token's id until the
 * first stage, then the rule's state after that row. Only so are slots, parents, rollbacks and moves taken as real stages take them: a coordinator that
 * errs gets another text.
 */
import type { Computed, Embedding, Head, Stage } from "@jupiter/pipeline";
import { headMs, layerMs, type DeviceCosts, type HeadCost } from "@jupiter/planner";
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
import type { Processor } from "./processor.ts";
import type { TokenRule } from "./token-rule.ts";

export const simulatedEmbedding: Embedding = (ids) => rowsOf(Float32Array.from(ids));

function rowsOf(data: Float32Array): Activations {
  return { wire: "f32", rows: data.length, hidden: 1, data };
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
    return rowsOf(
      Float32Array.from(x.data, (token, i) => {
        const parent = rows.parents[i] ?? ROOT;
        const before = parent === ROOT ? this.#rule.start : states[parent]!;
        return (states[rows.base + i] = this.#rule.step(before, token));
      }),
    );
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

/** `layers` layers of a device, on its processor. */
export class TimedStage implements Stage {
  readonly #rows: RowModel;
  readonly #costs: DeviceCosts;
  readonly #layers: number;
  readonly #processor: Processor;

  constructor(rows: RowModel, costs: DeviceCosts, layers: number, processor: Processor) {
    this.#rows = rows;
    this.#costs = costs;
    this.#layers = layers;
    this.#processor = processor;
  }

  async forward(x: Activations, rows: RowTable): Promise<Computed<Activations>> {
    const result = this.#rows.forward(x, rows);
    const T = rows.parents.length;
    const workMs = this.#costs.frameMs + this.#layers * layerMs(this.#costs.layer, T, rows.base);
    const what = T === 1 ? `row ${rows.base}` : `rows ${rows.base} to ${rows.base + T - 1}`;
    return { result, computeMs: await this.#processor.compute(what, workMs) };
  }

  skip(rows: RowTable): void {
    this.#rows.skip(rows);
  }

  apply(command: CacheCommand): void {
    this.#rows.apply(command);
  }
}

/** Greedy by the rule; lead and entropy are made up. */
export class TimedHead implements Head {
  readonly #rule: TokenRule;
  readonly #cost: HeadCost;
  readonly #processor: Processor;

  constructor(rule: TokenRule, cost: HeadCost, processor: Processor) {
    this.#rule = rule;
    this.#cost = cost;
    this.#processor = processor;
  }

  async score(x: Activations, policies: readonly ScorePolicy[]): Promise<Computed<readonly RowScore[]>> {
    const result = policies.map((policy, row): RowScore => {
      const chosen = this.#rule.next(x.data[row] ?? NaN);
      const best = [
        { id: chosen, logProb: -0.1 },
        { id: chosen + 1, logProb: -3 },
      ];
      return { row, chosen, best, asked: policy.askIds.map(() => -10), entropy: 0.5 };
    });
    return { result, computeMs: await this.#processor.compute("head", headMs(this.#cost, policies.length)) };
  }
}
