/** Carries out a stage loop's effects through ports: the part of a stage that has I/O, and no decisions. */
import {
  BEST_ONLY,
  type CommandsFrame,
  type Frame,
  type FrameNumber,
  type RowsFrame,
  toWire,
  type WireType,
} from "@jupiter/protocol";
import type { Head, Stage } from "./ports.ts";
import { StageLoop, type StageEffect, type StageEvent, type StagePlace } from "./stage-loop.ts";

export interface StagePorts {
  readonly stage: Stage;
  /** Of the last stage, where the plan has final norm and LM head there; without it the host has them. */
  readonly head?: Head;
  /** What travels on from here, also back to the host. */
  readonly wire: WireType;
  /** To the next stage, or to the host from the last. */
  readonly pass: (frame: Frame) => void;
  /** Calls back once the messages that have arrived are handled. */
  readonly soon: (callback: () => void) => void;
  readonly nowMs: () => number;
  /** The stage cannot go on: a frame that does not fit, or a device that failed. Told once. */
  readonly failed: (error: unknown) => void;
}

export class StageDriver {
  readonly #loop: StageLoop;
  readonly #ports: StagePorts;
  #over = false;
  #runs = 0;
  #rows = 0;
  #computeMs = 0;

  constructor(place: Omit<StagePlace, "scores">, ports: StagePorts) {
    this.#loop = new StageLoop({ ...place, scores: ports.head !== undefined });
    this.#ports = ports;
  }

  /** Frames computed so far, their rows (tokens of prompts and answers, guesses among them), and what they took. */
  get stats(): { readonly runs: number; readonly rows: number; readonly computeMs: number } {
    return { runs: this.#runs, rows: this.#rows, computeMs: this.#computeMs };
  }

  receive(frame: RowsFrame | CommandsFrame): void {
    this.#handle({ kind: "frame", frame });
  }

  cancel(frames: readonly FrameNumber[]): void {
    this.#handle({ kind: "cancel", frames });
  }

  /** Nothing is passed on any more. */
  stop(): void {
    this.#over = true;
  }

  #handle(event: StageEvent): void {
    if (this.#over) return;
    try {
      for (const effect of this.#loop.handle(event, this.#ports.nowMs())) this.#carryOut(effect);
    } catch (error) {
      this.#fail(error);
    }
  }

  #carryOut(effect: StageEffect): void {
    const { stage, wire, head } = this.#ports;
    switch (effect.kind) {
      case "turn":
        this.#ports.soon(() => this.#handle({ kind: "turn" }));
        return;
      case "apply":
        stage.apply(effect.command);
        return;
      case "skip":
        stage.skip(effect.rows);
        return;
      case "pass":
        this.#ports.pass(effect.frame);
        return;
      case "forward":
        stage.forward(effect.activations, effect.rows).then(
          ({ result, computeMs }) => {
            this.#runs++;
            this.#rows += effect.activations.rows;
            this.#computeMs += computeMs;
            this.#handle({
              kind: "forwarded",
              // What the head takes here never travels.
              activations: head === undefined ? toWire(result, wire) : result,
              computeUs: Math.round(computeMs * 1000),
            });
          },
          (error: unknown) => this.#fail(error),
        );
        return;
      case "score":
        this.#score(effect);
        return;
      default:
        effect satisfies never;
    }
  }

  #score({ activations }: Extract<StageEffect, { kind: "score" }>): void {
    const policies = Array.from({ length: activations.rows }, () => BEST_ONLY);
    this.#ports.head?.score(activations, policies).then(
      ({ result, computeMs }) => {
        this.#computeMs += computeMs;
        this.#handle({ kind: "scored", scores: result, headUs: Math.round(computeMs * 1000) });
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#ports.failed(error);
  }
}
