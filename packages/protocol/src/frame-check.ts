/** What every frame must satisfy by its values alone, whoever made it. The same checks run before encoding and after decoding. */
import { ProtocolError, type ProtocolReason } from "./errors.ts";
import type {
  Activations,
  BulkFrame,
  CacheCommand,
  ProbeFrame,
  RowScore,
  RowTable,
  Slot,
  StageTime,
} from "./frame-types.ts";
import type { RingFrame } from "./frame-layout.ts";
import { ROOT } from "./frame-types.ts";
import { LIMITS } from "./limits.ts";

/** Throws `reason` unless `min <= count <= max`. */
export function checkCount(reason: ProtocolReason, what: string, count: number, min: number, max: number): void {
  if (count >= min && count <= max) return;
  throw new ProtocolError(reason, `a frame may carry ${min} to ${max} ${what}; got ${count}`);
}

export function checkRingFrame(frame: RingFrame): void {
  checkTimes(frame.times);
  switch (frame.kind) {
    case "rows":
      checkRows(frame.rows);
      checkActivations(frame.activations, frame.dead ? 0 : frame.rows.parents.length);
      checkCommands(frame.commands);
      return;
    case "commands":
      checkCommands(frame.commands);
      return;
    case "return":
      checkRowIndices(frame.rowIndices);
      checkActivations(frame.activations, frame.rowIndices.length);
      return;
    case "scores":
      checkCount("too-many-scores", "scores", frame.scores.length, 1, LIMITS.rowsPerFrame);
      frame.scores.forEach(checkScore);
      return;
    case "ack":
      return;
    default:
      frame satisfies never;
  }
}

function checkCommands(commands: readonly CacheCommand[]): void {
  checkCount("too-many-commands", "commands", commands.length, 0, LIMITS.commandsPerFrame);
  commands.forEach(checkCommand);
}

function checkTimes(times: readonly StageTime[]): void {
  checkCount("too-many-times", "stage times", times.length, 0, LIMITS.stages);
  for (const { stage } of times) {
    if (stage >= LIMITS.stages) {
      throw new ProtocolError("bad-number", `stages are numbered below ${LIMITS.stages}; got ${stage}`);
    }
  }
}

function checkRows(rows: RowTable): void {
  const { base, positions, parents, wanted } = rows;
  const T = parents.length;
  checkCount("too-many-rows", "rows", T, 1, LIMITS.rowsPerFrame);
  if (positions.length !== T || wanted.length !== T) {
    throw new ProtocolError(
      "bad-length",
      `the token table needs arrays of one length; got ${T} parents, ${positions.length} positions, ${wanted.length} wanted`,
    );
  }
  checkEnd(base, T);
  for (let i = 0; i < T; i++) {
    const parent = parents[i] ?? NaN;
    if (!(parent >= ROOT && parent < base + i)) {
      throw new ProtocolError(
        "bad-parent",
        `the parent of slot ${base + i} must be ${ROOT} (a root) or a lower slot; got ${parent}`,
      );
    }
    const position = positions[i] ?? NaN;
    if (!(position >= 0)) throw new ProtocolError("bad-position", `positions count from 0; row ${i} has ${position}`);
    const flag = wanted[i] ?? NaN;
    if (flag !== 0 && flag !== 1) {
      throw new ProtocolError("bad-wanted", `wanted must be 0 or 1; row ${i} has ${flag}`);
    }
  }
}

/** `rows` is what the frame says beside them. */
function checkActivations(x: Activations, rows: number): void {
  if (x.rows !== rows) {
    throw new ProtocolError("bad-length", `expected the activations of ${rows} rows, got those of ${x.rows}`);
  }
  checkHidden(x.hidden, rows);
  if (x.data.length !== x.rows * x.hidden) {
    throw new ProtocolError(
      "bad-length",
      `activations [${x.rows}, ${x.hidden}] need ${x.rows * x.hidden} values; got ${x.data.length}`,
    );
  }
}

export function checkHidden(hidden: number, rows: number): void {
  if (Number.isInteger(hidden) && hidden >= (rows > 0 ? 1 : 0) && hidden <= LIMITS.hidden) return;
  throw new ProtocolError("bad-length", `the hidden size must lie in 1..${LIMITS.hidden}; got ${hidden}`);
}

function checkCommand(command: CacheCommand): void {
  switch (command.kind) {
    case "keep":
      checkEnd(command.base, command.slots.length);
      checkRising("bad-slots", command.slots, command.base, LIMITS.slotsPerArena);
      return;
    case "move":
      if (command.arena === command.from) {
        throw new ProtocolError("bad-arena", "slots move between two arenas; use keep inside one");
      }
      checkEnd(command.base, command.slots.length);
      checkRising("bad-slots", command.slots, 0, LIMITS.slotsPerArena);
      return;
    case "free":
    case "plan":
      return;
    default:
      command satisfies never;
  }
}

function checkRowIndices(indices: readonly number[]): void {
  checkCount("too-many-rows", "returned rows", indices.length, 1, LIMITS.rowsPerFrame);
  checkRising("bad-row", indices, 0, LIMITS.rowsPerFrame);
}

function checkScore(score: RowScore): void {
  if (!(score.row < LIMITS.rowsPerFrame)) {
    throw new ProtocolError("bad-row", `rows are numbered below ${LIMITS.rowsPerFrame}; got ${score.row}`);
  }
  checkCount("too-many-scores", "best ids of a row", score.best.length, 0, LIMITS.bestPerRow);
  checkCount("too-many-scores", "asked ids of a row", score.asked.length, 0, LIMITS.asksPerRow);
  let last = Infinity;
  for (const { logProb } of score.best) {
    if (!(logProb <= last) || logProb === Infinity) {
      throw new ProtocolError(
        "bad-number",
        `the best ids must be sorted by log-probability; got ${logProb} after ${last}`,
      );
    }
    last = logProb;
  }
  // -Infinity is a probability of 0.
  for (const logProb of [...score.asked, score.entropy]) {
    if (!(logProb < Infinity)) throw new ProtocolError("bad-number", `expected a log-probability, got ${logProb}`);
  }
}

export function checkBulk({ offset, totalBytes, bytes }: Omit<BulkFrame, "kind" | "requestId">): void {
  checkCount("too-large", "bytes of weights", bytes.length, 0, LIMITS.bulkBytes);
  if (offset + bytes.length > totalBytes) {
    throw new ProtocolError(
      "bad-range",
      `bytes ${offset}..${offset + bytes.length} lie outside the ${totalBytes} that were announced`,
    );
  }
}

export function checkProbe({ step, value, bytes }: ProbeFrame): void {
  checkCount(
    "too-large",
    "bytes of a probe",
    bytes.length,
    step === "fill" ? 1 : 0,
    step === "fill" ? LIMITS.probeBytes : 0,
  );
  const most = { ping: 0, pong: 0, fill: LIMITS.probeFills - 1, arrived: 0xffff_ffff, want: LIMITS.probeBytes }[step];
  if (value >= (step === "want" ? 1 : 0) && value <= most) return;
  throw new ProtocolError("bad-number", `the value of a probe's ${step} is at most ${most}; got ${value}`);
}

function checkEnd(base: Slot, count: number): void {
  if (count > LIMITS.slotsPerCommand) {
    throw new ProtocolError("too-many-slots", `a command names at most ${LIMITS.slotsPerCommand} slots; got ${count}`);
  }
  if (Number.isInteger(base) && base >= 0 && base + count <= LIMITS.slotsPerArena) return;
  throw new ProtocolError(
    "bad-base",
    `an arena has ${LIMITS.slotsPerArena} slots; ${count} from ${base} on do not fit`,
  );
}

function checkRising(reason: "bad-row" | "bad-slots", values: readonly number[], first: number, end: number): void {
  let last = first - 1;
  for (const value of values) {
    if (!Number.isInteger(value) || value <= last || value >= end) {
      throw new ProtocolError(
        reason,
        `expected rising numbers within ${first}..${end - 1}; got ${value} after ${last}`,
      );
    }
    last = value;
  }
}
