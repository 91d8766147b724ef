import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProtocolError } from "./errors.ts";
import { decodeFrame } from "./frame-decode.ts";
import { encodeFrame } from "./frame-encode.ts";
import type { Activations, CacheCommand, Frame, RowsFrame } from "./frame-types.ts";
import { LIMITS } from "./limits.ts";

const times = [{ stage: 1, computeUs: 500, queueUs: 7 }];
const head = { frame: 5, epoch: 2, times };
const headBytes = [
  ...[5, 0, 0, 0], // frame
  ...[2, 0, 0, 0], // epoch
  ...[1, 0, 0, 0], // time 0: stage
  ...[0xf4, 1, 0, 0], // computeUs 500
  ...[7, 0, 0, 0], // queueUs
];

const rowsFrame: RowsFrame = {
  kind: "rows",
  ...head,
  dead: false,
  commands: [
    { kind: "keep", arena: 3, base: 1, slots: [2] },
    { kind: "plan", epoch: 9 },
  ],
  rows: {
    arena: 3,
    base: 2,
    positions: Int32Array.of(2, 7),
    parents: Int32Array.of(1, -1),
    wanted: Uint8Array.of(0, 1),
  },
  activations: { wire: "f16", rows: 2, hidden: 1, data: Uint16Array.of(0x3c00, 0xc000) },
};

const golden: [Frame, number[]][] = [
  [
    rowsFrame,
    [
      ...[1, 0, 2, 1], // version, kind, flags: f16, one time
      ...headBytes,
      ...[2, 0, 0, 0], // commands
      ...[2, 0, 0, 0], // rows
      ...[3, 0, 0, 0], // arena
      ...[2, 0, 0, 0], // base
      ...[1, 0, 0, 0], // hidden
      ...[2, 0, 0, 0, 7, 0, 0, 0], // positions
      ...[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], // parents: slot 1, root
      ...[0, 1], // wanted
      ...[0, 0], // padding
      ...[0, 0, 0, 0], // command keep
      ...[3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0], // arena, base, count, slot
      ...[3, 0, 0, 0, 9, 0, 0, 0], // command plan, epoch
      ...[0x00, 0x3c, 0x00, 0xc0], // 1, -2
    ],
  ],
  [
    {
      kind: "commands",
      ...head,
      times: [],
      commands: [
        { kind: "move", arena: 1, base: 0, from: 2, slots: [0, 258] },
        { kind: "free", arena: 2 },
      ],
    },
    [
      ...[1, 1, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0], // version, kind, flags, no times, frame, epoch
      ...[2, 0, 0, 0], // commands
      ...[1, 0, 0, 0], // move
      ...[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0], // arena, base, from
      ...[2, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0], // count, slots
      ...[2, 0, 0, 0, 2, 0, 0, 0], // free, arena
    ],
  ],
  [
    {
      kind: "return",
      ...head,
      rowIndices: [3],
      activations: { wire: "f32", rows: 1, hidden: 2, data: Float32Array.of(1, -2) },
    },
    [
      ...[1, 2, 0, 1], // version, kind, flags: f32, one time
      ...headBytes,
      ...[1, 0, 0, 0, 2, 0, 0, 0], // rows, hidden
      ...[3, 0, 0, 0], // row index, padding
      ...[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0], // 1, -2
    ],
  ],
  [
    {
      kind: "scores",
      ...head,
      times: [],
      headUs: 7,
      scores: [{ row: 4, chosen: 6, best: [{ id: 6, logProb: -0.5 }], asked: [-2], entropy: 1 }],
    },
    [
      ...[1, 3, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0], // version, kind, flags, no times, frame, epoch
      ...[1, 0, 0, 0, 7, 0, 0, 0], // scores, microseconds of the head
      ...[4, 0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], // row, chosen, best, asked
      ...[0, 0, 0, 0, 0, 0, 0xf0, 0x3f], // entropy 1
      ...[6, 0, 0, 0, 0, 0, 0, 0], // best id, reserved
      ...[0, 0, 0, 0, 0, 0, 0xe0, 0xbf], // -0.5
      ...[0, 0, 0, 0, 0, 0, 0x00, 0xc0], // asked -2
    ],
  ],
  [
    { kind: "ack", ...head, dead: true },
    [...[1, 4, 1, 1], ...headBytes], // version, kind, flags: dead, one time
  ],
  [
    { kind: "cancel", frames: [1, 0xffff_ffff] },
    [...[1, 5, 0, 0], ...[2, 0, 0, 0], ...[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]], // version, kind, reserved; count; frames
  ],
  [
    { kind: "control", json: "é" },
    [...[1, 6, 0, 0], ...[2, 0, 0, 0], ...[0xc3, 0xa9]], // version, kind, reserved; bytes; UTF-8
  ],
  [
    { kind: "bulk", requestId: 8, offset: 2 ** 33, totalBytes: 2 ** 33 + 3, bytes: Uint8Array.of(9, 8, 7) },
    [
      ...[1, 7, 0, 0, 8, 0, 0, 0], // version, kind, reserved, request
      ...[0, 0, 0, 0, 2, 0, 0, 0], // offset
      ...[3, 0, 0, 0, 2, 0, 0, 0], // total
      ...[3, 0, 0, 0, 9, 8, 7], // bytes
    ],
  ],
  [
    { kind: "probe", step: "fill", number: 258, value: 3, bytes: Uint8Array.of(9, 8) },
    [
      ...[1, 8, 2, 0], // version, kind, step, reserved
      ...[2, 1, 0, 0, 3, 0, 0, 0], // number, fills that follow
      ...[2, 0, 0, 0, 9, 8], // bytes
    ],
  ],
];

describe("golden bytes", () => {
  test.each(golden)("$kind", (frame, bytes) => {
    expect([...encodeFrame(frame)]).toEqual(bytes);
    expect(decodeFrame(Uint8Array.from(bytes))).toEqual(frame);
  });
});

describe("memory", () => {
  test("a frame at a multiple of 4 is viewed in place, elsewhere its arrays are copied", () => {
    const bytes = encodeFrame(rowsFrame);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const inPlace = decodeFrame(bytes) as RowsFrame;
    const copied = decodeFrame(shifted.subarray(1)) as RowsFrame;
    expect(inPlace.activations.data.buffer).toBe(bytes.buffer);
    expect(inPlace.rows.positions.buffer).toBe(bytes.buffer);
    expect(copied.activations.data.buffer).not.toBe(shifted.buffer);
    expect(copied).toEqual(inPlace);
  });

  test("stage times are rounded to whole microseconds", () => {
    const time = { stage: 2, computeUs: 10.6, queueUs: 3 };
    expect(decodeFrame(encodeFrame({ ...rowsFrame, times: [...times, time] }))).toEqual({
      ...rowsFrame,
      times: [...times, { ...time, computeUs: 11 }],
    });
  });
});

describe("refusals", () => {
  const patch = (at: number, ...values: number[]) => {
    const bytes = encodeFrame(rowsFrame);
    bytes.set(values, at);
    return bytes;
  };
  // Offsets into the golden rows frame: head 24, counts at 24, arena 32, base 36, hidden 40, positions 44, parents 52, wanted 60.
  test.each([
    ["version", patch(0, 2)],
    ["kind", patch(1, 9)],
    ["truncated", new Uint8Array()],
    ["truncated", encodeFrame(rowsFrame).subarray(0, -1)],
    ["trailing", Uint8Array.of(...encodeFrame(rowsFrame), 0)],
    ["bad-flags", patch(2, 4)],
    ["bad-flags", patch(62, 1)],
    ["too-many-times", patch(3, LIMITS.stages + 1)],
    ["bad-number", patch(12, LIMITS.stages)],
    ["too-many-commands", patch(24, LIMITS.commandsPerFrame + 1)],
    ["too-many-rows", patch(28, 0)],
    ["too-many-rows", patch(28, 1, 4)],
    ["bad-base", patch(36, 0, 0, 2)],
    ["bad-length", patch(40, 0)],
    ["bad-length", patch(40, 1, 64)],
    ["bad-position", patch(47, 0x80)],
    ["bad-parent", patch(52, 2)],
    ["bad-parent", patch(52, 0xfe, 0xff, 0xff, 0xff)],
    ["bad-wanted", patch(60, 2)],
    ["kind", patch(64, 4)],
    ["bad-slots", patch(80, 0)],
    ["too-many-slots", patch(76, 1, 0, 2)],
    ["bad-text", Uint8Array.of(1, 6, 0, 0, 1, 0, 0, 0, 0xff)],
    ["too-large", Uint8Array.of(1, 6, 0, 0, 1, 0, 0x10, 0)],
    ["too-many-frames", Uint8Array.of(1, 5, 0, 0, 0, 0, 0, 0)],
    ["bad-number", Uint8Array.of(1, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
    ["kind", Uint8Array.of(1, 8, 5, 0, ...Array<number>(12).fill(0))],
    ["bad-flags", Uint8Array.of(1, 8, 0, 1, ...Array<number>(12).fill(0))],
    ["bad-number", Uint8Array.of(1, 8, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)],
    ["too-large", Uint8Array.of(1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7)],
    ["too-large", Uint8Array.of(1, 8, 2, 0, ...Array<number>(12).fill(0))],
    ["bad-number", Uint8Array.of(1, 8, 4, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0)],
    ["bad-range", Uint8Array.of(1, 7, 0, 0, 0, 0, 0, 0, ...Array<number>(16).fill(0), 1, 0, 0, 0, 7)],
  ])("%s", (reason, bytes) => {
    expect(() => decodeFrame(bytes)).toThrow(expect.objectContaining({ name: "ProtocolError", reason }));
  });

  test("what no peer would accept is refused before it is sent", () => {
    const rows = { ...rowsFrame.rows, parents: Int32Array.of(1, 3) };
    expect(() => encodeFrame({ ...rowsFrame, rows })).toThrow(expect.objectContaining({ reason: "bad-parent" }));
    expect(() => encodeFrame({ ...rowsFrame, frame: -1 })).toThrow(expect.objectContaining({ reason: "bad-number" }));
    expect(() => encodeFrame({ ...rowsFrame, dead: true })).toThrow(expect.objectContaining({ reason: "bad-length" }));
    const scores = [{ row: 0, chosen: 1, best: [], asked: [NaN], entropy: 0 }];
    expect(() => encodeFrame({ kind: "scores", ...head, headUs: 0, scores })).toThrow(ProtocolError);
  });
});

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const slots = (min: number) =>
  fc.uniqueArray(fc.integer({ min, max: min + 500 }), { maxLength: 20 }).map((values) => values.sort((a, b) => a - b));
const ringHead = fc.record({
  frame: u32,
  epoch: u32,
  times: fc.array(fc.record({ stage: fc.nat(LIMITS.stages - 1), computeUs: u32, queueUs: u32 }), { maxLength: 5 }),
});
const commands: fc.Arbitrary<CacheCommand[]> = fc.array(
  fc.oneof(
    fc
      .tuple(u32, fc.nat(1000))
      .chain(([arena, base]) => slots(base).map((kept) => ({ kind: "keep" as const, arena, base, slots: kept }))),
    fc
      .tuple(fc.uniqueArray(u32, { minLength: 2, maxLength: 2 }), fc.nat(1000), slots(0))
      .map(([[arena = 0, from = 1], base, moved]) => ({ kind: "move" as const, arena, base, from, slots: moved })),
    u32.map((arena) => ({ kind: "free" as const, arena })),
    u32.map((epoch) => ({ kind: "plan" as const, epoch })),
  ),
  { maxLength: 5 },
);
const activations = (rows: number): fc.Arbitrary<Activations> =>
  fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 9 }), fc.nat()).map(([isHalf, hidden, seed]) => {
    const values = Uint16Array.from({ length: rows * hidden }, (_, i) => (seed * 31 + i * 7919) & 0x7bff);
    return isHalf
      ? { wire: "f16", rows, hidden, data: values }
      : { wire: "f32", rows, hidden, data: Float32Array.from(values) };
  });
const rowsFrames: fc.Arbitrary<Frame> = fc
  .tuple(ringHead, commands, u32, fc.nat(1000), fc.boolean(), fc.array(fc.nat(), { minLength: 1, maxLength: 40 }))
  .chain(([ring, list, arena, base, dead, numbers]) =>
    activations(dead ? 0 : numbers.length).map((x) => ({
      kind: "rows",
      ...ring,
      dead,
      commands: list,
      rows: {
        arena,
        base,
        positions: Int32Array.from(numbers),
        parents: Int32Array.from(numbers, (n, i) => (n % (base + i + 1)) - 1),
        wanted: Uint8Array.from(numbers, (n) => n & 1),
      },
      activations: x,
    })),
  );
const logProb = fc.double({ max: 0, noNaN: true });
const scores = fc.array(
  fc.record({
    row: fc.nat(LIMITS.rowsPerFrame - 1),
    chosen: u32,
    best: fc
      .array(fc.record({ id: u32, logProb }), { maxLength: 5 })
      .map((best) => best.sort((a, b) => (a.logProb < b.logProb ? 1 : a.logProb > b.logProb ? -1 : 0))),
    asked: fc.array(logProb, { maxLength: 3 }),
    entropy: fc.double({ min: 0, max: 20, noNaN: true }),
  }),
  { minLength: 1, maxLength: 4 },
);
const frames: fc.Arbitrary<Frame> = fc.oneof(
  rowsFrames,
  fc.tuple(ringHead, commands).map(([ring, list]) => ({ kind: "commands" as const, ...ring, commands: list })),
  fc
    .tuple(
      ringHead,
      slots(0).filter((values) => values.length > 0),
    )
    .chain(([ring, rowIndices]) =>
      activations(rowIndices.length).map((x) => ({ kind: "return" as const, ...ring, rowIndices, activations: x })),
    ),
  fc
    .tuple(ringHead, u32, scores)
    .map(([ring, headUs, list]) => ({ kind: "scores" as const, ...ring, headUs, scores: list })),
  fc.tuple(ringHead, fc.boolean()).map(([ring, dead]) => ({ kind: "ack" as const, ...ring, dead })),
  fc.array(u32, { minLength: 1, maxLength: 9 }).map((numbers) => ({ kind: "cancel" as const, frames: numbers })),
  fc.string({ unit: "grapheme" }).map((json) => ({ kind: "control" as const, json })),
  fc.tuple(u32, fc.maxSafeNat(), fc.uint8Array({ maxLength: 40 })).map(([requestId, offset, bytes]) => ({
    kind: "bulk" as const,
    requestId,
    offset: Math.min(offset, Number.MAX_SAFE_INTEGER - 40),
    totalBytes: Math.min(offset, Number.MAX_SAFE_INTEGER - 40) + bytes.length,
    bytes,
  })),
  fc
    .tuple(u32, fc.nat(LIMITS.probeFills - 1), fc.uint8Array({ minLength: 1, maxLength: 40 }))
    .map(([number, value, bytes]) => ({ kind: "probe" as const, step: "fill" as const, number, value, bytes })),
  fc.tuple(u32, u32).map(([number, value]) => ({
    kind: "probe" as const,
    step: "arrived" as const,
    number,
    value,
    bytes: new Uint8Array(),
  })),
);

describe("any frame, any bytes", () => {
  test("every valid frame comes back as it was", () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
      }),
      { seed: 1, numRuns: 1500 },
    );
  });

  /** Decoding may refuse, by name; and what it accepts, it would also send, byte for byte. */
  function decodesOrRefuses(bytes: Uint8Array): void {
    let frame: Frame;
    try {
      frame = decodeFrame(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      return;
    }
    expect(Buffer.compare(encodeFrame(frame), bytes)).toBe(0);
  }

  test("changed bytes of valid frames decode or are refused by name", () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(frames, edits, fc.nat(3), (frame, changes, cut) => {
        const bytes = encodeFrame(frame);
        for (const [at, value] of changes) bytes[at % Math.min(bytes.length, 96)] = value;
        decodesOrRefuses(bytes.subarray(0, bytes.length - cut));
      }),
      { seed: 2, numRuns: 10_000 },
    );
  });

  test("arbitrary bytes decode or are refused by name", () => {
    const start = fc.constantFrom([], [1], ...Array.from({ length: 8 }, (_, kind) => [1, kind, 0, 0]));
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 80 }), (prefix, rest) => {
        decodesOrRefuses(Uint8Array.of(...prefix, ...rest));
      }),
      { seed: 3, numRuns: 10_000 },
    );
  });
});
