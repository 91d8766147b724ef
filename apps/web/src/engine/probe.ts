/**
 * Sends frames of any form round the ring (trees, siblings, roots, rollbacks, refuted frames) and collects the hidden states that come back:
 * for tests of the real stages and links. It takes the coordinator's place for the life of one ring.
 */
import type { Candidate, Embedding, Head } from "@jupiter/pipeline";
import {
  BEST_ONLY,
  toFloat32,
  type AckFrame,
  type FrameNumber,
  type ReturnFrame,
  type RowsFrame,
  type ScoresFrame,
} from "@jupiter/protocol";

export interface ProbeFrame {
  readonly arena: number;
  readonly base: number;
  readonly positions: readonly number[];
  readonly parents: readonly number[];
  readonly tokenIds: readonly number[];
  /** Refuted before it is sent: most stages will find it dead. */
  readonly refuted: boolean;
  /** So many of the tokens that are likeliest after each row are told instead of its hidden state. */
  readonly likeliest?: number;
}

export interface ProbeResult {
  /** `[T, D]`, rows as sent; empty for a frame that came back dead. */
  readonly hidden: Float32Array;
  readonly dead: boolean;
  /** By row, best first; none where they were not asked for. */
  readonly likeliest: readonly (readonly Candidate[])[];
}

export interface ProbePorts {
  readonly embedding: Embedding;
  readonly head: Head;
  readonly epoch: number;
  readonly send: (frame: RowsFrame) => void;
  readonly cancel: (frames: readonly FrameNumber[]) => void;
}

export class Probe {
  readonly #ports: ProbePorts;
  readonly #waiting = new Map<FrameNumber, (result: ProbeResult) => void>();
  #nextFrame: FrameNumber = 1;

  constructor(ports: ProbePorts) {
    this.#ports = ports;
  }

  /** All frames are on their way at once; results in the order of the frames. */
  run(frames: readonly ProbeFrame[]): Promise<ProbeResult[]> {
    return Promise.all(frames.map((frame) => this.#ask(frame)));
  }

  receive(frame: ReturnFrame | ScoresFrame | AckFrame): void {
    const resolve = this.#waiting.get(frame.frame);
    this.#waiting.delete(frame.frame);
    if (frame.kind === "return") resolve?.({ hidden: toFloat32(frame.activations), dead: false, likeliest: [] });
    if (frame.kind === "ack") resolve?.({ hidden: new Float32Array(), dead: frame.dead, likeliest: [] });
  }

  async #ask({ likeliest = 0, ...frame }: ProbeFrame): Promise<ProbeResult> {
    const result = await this.#send(frame);
    if (likeliest === 0 || result.dead) return result;
    const rows = frame.tokenIds.length;
    const x = { wire: "f32", rows, hidden: result.hidden.length / rows, data: result.hidden } as const;
    const { result: scores } = await this.#ports.head.score(
      x,
      frame.tokenIds.map(() => BEST_ONLY),
    );
    return {
      ...result,
      hidden: new Float32Array(),
      likeliest: scores.map(({ best }) => best.slice(0, likeliest)),
    };
  }

  #send({ arena, base, positions, parents, tokenIds, refuted }: Omit<ProbeFrame, "likeliest">): Promise<ProbeResult> {
    const { embedding, epoch, send, cancel } = this.#ports;
    const frame = this.#nextFrame++;
    if (refuted) cancel([frame]);
    const rows = {
      arena,
      base,
      positions: Int32Array.from(positions),
      parents: Int32Array.from(parents),
      wanted: new Uint8Array(parents.length).fill(1),
    };
    const result = new Promise<ProbeResult>((resolve) => this.#waiting.set(frame, resolve));
    send({
      kind: "rows",
      frame,
      epoch,
      commands: [],
      rows,
      times: [],
      dead: false,
      activations: embedding(Int32Array.from(tokenIds)),
    });
    return result;
  }
}
