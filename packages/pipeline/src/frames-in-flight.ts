/** Frames that were sent and whose verdict still counts. */
import type { FrameNumber } from "@jupiter/protocol";
import type { Arena } from "./arena.ts";
import type { Line } from "./line.ts";
import type { CoordinatorEffect, Ring } from "./requests.ts";
import type { Row } from "./row.ts";

interface InFlight {
  readonly frame: FrameNumber;
  readonly rows: readonly Row[];
  /** The line whose prompt this is a chunk of. */
  readonly chunkOf: Line | null;
  /** Of these a verdict comes, in this order. */
  wanted: readonly Row[];
  /** Back at the host, being scored. */
  isBack: boolean;
}

export class FramesInFlight {
  readonly #frames = new Map<FrameNumber, InFlight>();
  #next: FrameNumber = 1;

  get count(): number {
    return this.#frames.size;
  }

  has(frame: FrameNumber | null): boolean {
    return frame !== null && this.#frames.has(frame);
  }

  /** Frames with live rows of this answer. */
  ofLine(line: Line): number {
    return this.#count(
      ({ rows, chunkOf }) => chunkOf === null && rows.some(({ owner, live }) => live && owner === line),
    );
  }

  /** Frames with rows of answers that are certain. */
  ofAnswers(): number {
    return this.#count(({ rows, chunkOf }) => chunkOf === null && rows.some(({ live, certain }) => live && certain));
  }

  anyOf(line: Line): boolean {
    return line.path.some(({ frame }) => this.has(frame));
  }

  ofChunks(line: Line): number {
    return this.#count(({ chunkOf }) => chunkOf === line);
  }

  /** Gives the rows their slots. The effect has no commands yet. */
  send(
    ring: Ring,
    arena: Arena,
    rows: readonly Row[],
    chunkOf: Line | null,
  ): { readonly effect: Extract<CoordinatorEffect, { kind: "send" }>; readonly lines: ReadonlySet<Line> } {
    const frame = this.#next++;
    const table = arena.append(rows, frame, ({ owner }) => owner !== null);
    const wanted = rows.filter(({ owner }) => owner !== null);
    const lines = new Set<Line>(chunkOf === null ? [] : [chunkOf]);
    if (chunkOf !== null) chunkOf.rows += rows.length;
    for (const row of wanted) {
      const { owner, certain } = row;
      if (owner === null) continue;
      lines.add(owner);
      row.lap = owner.laps + 1;
      if (owner !== chunkOf) owner.rows++;
      if (!certain) owner.drafted++;
    }
    this.#frames.set(frame, { frame, rows, chunkOf, wanted, isBack: false });
    return {
      lines,
      effect: {
        kind: "send",
        frame,
        epoch: ring.epoch,
        commands: [],
        rows: table,
        tokenIds: Int32Array.from(rows, ({ token }) => token),
        drafts: rows.filter(({ certain }) => !certain).length,
      },
    };
  }

  /** The frame's wanted rows, in the order in which they came back; none: it was refuted. */
  returned(frame: FrameNumber): readonly Row[] {
    return this.#frames.get(frame)?.wanted ?? [];
  }

  /** Of what came back only `rows` are scored. */
  scoring(frame: FrameNumber, rows: readonly Row[]): void {
    const sent = this.#frames.get(frame);
    if (sent === undefined) return;
    sent.isBack = true;
    sent.wanted = rows;
  }

  /** Rows that were scored, in the order of the scores. */
  scored(frame: FrameNumber): readonly Row[] {
    const rows = this.#frames.get(frame)?.wanted ?? [];
    this.#frames.delete(frame);
    return rows;
  }

  done(frame: FrameNumber): void {
    this.#frames.delete(frame);
  }

  /** Forgets frames whose rows are all dead; those still on their way are to be cancelled. */
  refute(): readonly FrameNumber[] {
    const dead = [...this.#frames.values()].filter(({ rows }) => rows.every(({ live }) => !live));
    for (const { frame, rows } of dead) {
      this.#frames.delete(frame);
      for (const owner of new Set(rows.map((row) => row.owner))) if (owner !== null) owner.cancelled++;
    }
    return dead.filter(({ isBack }) => !isBack).map(({ frame }) => frame);
  }

  clear(): void {
    this.#frames.clear();
  }

  #count(holds: (frame: InFlight) => boolean): number {
    let count = 0;
    for (const frame of this.#frames.values()) if (holds(frame)) count++;
    return count;
  }
}
