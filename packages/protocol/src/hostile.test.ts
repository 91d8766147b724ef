/** Altered frames and messages at every decoder: taken or refused by name, nothing else, and nothing of them is kept. Seeds are kept. */
import { alterBytes, alterJson, seeded } from "@jupiter/testkit";
import { heldBytes } from "@jupiter/testkit/heap";
import { expect, test } from "vitest";
import { donorMessageFrame, hostMessageFrame, parseDonorMessage, parseHostMessage } from "./control.ts";
import { ProtocolError } from "./errors.ts";
import { decodeFrame } from "./frame-decode.ts";
import { encodeFrame } from "./frame-encode.ts";
import type { Frame } from "./frame-types.ts";
import { MemberHello } from "./hello.ts";
import { HostNotice } from "./host-notice.ts";
import { Introduction } from "./introduction.ts";
import { PeerSignal } from "./peer-signal.ts";
import {
  JoinAck,
  JoinRequest,
  LeftEvent,
  Member,
  PeerId,
  RefusedEvent,
  RelayEvent,
  RelayRequest,
} from "./signaling.ts";

const MiB = 2 ** 20;
const times = [{ stage: 1, computeUs: 500, queueUs: 7 }];
const ring = { frame: 5, epoch: 2, times };
const activations = (rows: number): Frame & { kind: "return" } => ({
  kind: "return",
  ...ring,
  rowIndices: Array.from({ length: rows }, (_, i) => i),
  activations: { wire: "f16", rows, hidden: 8, data: Uint16Array.from({ length: 8 * rows }, (_, i) => i) },
});
const FRAMES: readonly Frame[] = [
  {
    kind: "rows",
    ...ring,
    dead: false,
    commands: [
      { kind: "keep", arena: 3, base: 1, slots: [2, 4] },
      { kind: "move", arena: 1, base: 0, from: 2, slots: [0, 258] },
      { kind: "free", arena: 2 },
    ],
    rows: {
      arena: 3,
      base: 2,
      positions: Int32Array.of(2, 7, 8),
      parents: Int32Array.of(1, -1, 2),
      wanted: Uint8Array.of(0, 1, 1),
    },
    activations: { wire: "f32", rows: 3, hidden: 4, data: Float32Array.from({ length: 12 }, (_, i) => i / 7) },
  },
  { kind: "commands", ...ring, commands: [{ kind: "plan", epoch: 9 }] },
  activations(1),
  activations(5),
  {
    kind: "scores",
    headUs: 9,
    ...ring,
    scores: [{ row: 0, chosen: 3, best: [{ id: 3, logProb: -0.1 }], asked: [-2], entropy: 0.5 }],
  },
  { kind: "ack", ...ring, dead: true },
  { kind: "cancel", frames: [4, 5, 6] },
  hostMessageFrame({ type: "ping", id: 4 }),
  { kind: "bulk", requestId: 1, offset: 10, totalBytes: 100, bytes: Uint8Array.from({ length: 30 }, (_, i) => i) },
  { kind: "probe", step: "ping", number: 1, value: 0, bytes: new Uint8Array() },
  { kind: "probe", step: "fill", number: 1, value: 3, bytes: Uint8Array.from({ length: 30 }, (_, i) => i) },
  { kind: "probe", step: "want", number: 2, value: 4096, bytes: new Uint8Array() },
];

/** Taken or refused by name. */
function tried<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

test("80,000 altered frames: what is taken is what a peer could have sent, byte for byte", () => {
  const random = seeded(20_261_125);
  const valid = FRAMES.map((frame) => encodeFrame(frame));
  let taken = 0;
  const before = heldBytes();
  for (let i = 0; i < 80_000; i++) {
    const bytes = alterBytes(valid[i % valid.length]!, random, valid);
    const frame = tried(() => decodeFrame(bytes));
    if (frame === null) continue;
    taken++;
    if (Buffer.compare(encodeFrame(frame), bytes) !== 0)
      throw new Error(`frame ${i} was taken and is not what a peer sends: ${Buffer.from(bytes).toString("hex")}`);
  }
  // Values and numbers may change without breaking a rule; most changes do break one.
  expect(taken).toBeGreaterThan(4_000);
  expect(taken).toBeLessThan(40_000);
  expect(heldBytes() - before).toBeLessThan(8 * MiB);
});

const peer = "peer-0001";
const secret = "abcdefghijklmnopqrstuv";
const HOST_MESSAGES = [
  { type: "ping", id: 1 },
  { type: "serve", epoch: 3 },
  { type: "probe", epoch: 3, to: PeerId.parse(peer) },
  { type: "release", reason: "over" },
  { type: "removed", why: "closed" },
  { type: "renamed", name: "Anna" },
  { type: "rekeyed", secret, removed: PeerId.parse(peer) },
  { type: "ask-rule", rule: "all" },
  { type: "ask-waits", id: 1, before: 2 },
  { type: "ask-text", id: 1, text: "because" },
  { type: "ask-ended", id: 1, end: { kind: "refused", why: "busy" } },
] as const;
const DONOR_MESSAGES = [
  { type: "pong", id: 1 },
  { type: "goodbye", reason: "left" },
  {
    type: "probed",
    epoch: 1,
    to: PeerId.parse(peer),
    link: { rttMs: 3, rttSpreadMs: 0.5, bytesPerMs: 4000, backBytesPerMs: 900 },
  },
  { type: "progress", epoch: 1, loadedBytes: 1, totalBytes: 2, phase: "fetching" },
  { type: "failed", epoch: 1, reason: "internal", message: "no" },
  { type: "ask", id: 1, question: "why?", conversation: 0 },
  { type: "stop-ask", id: 1 },
  { type: "stats", fetchedBytes: 1, memoryBytes: null, runs: 1, computeMs: 2 },
  {
    type: "hello",
    name: "Phone",
    backends: ["wasm"],
    memoryPledgeBytes: 1e9,
    threads: 4,
    userAgent: "x",
    probe: 1,
    asks: true,
    versions: { a: "1" },
  },
] as const;

test("20,000 altered control messages are taken or refused by name", () => {
  const random = seeded(7);
  const before = heldBytes();
  const counts = { taken: 0, refused: 0 };
  const json = [
    ...HOST_MESSAGES.map((message) => hostMessageFrame(message).json),
    ...DONOR_MESSAGES.map((message) => donorMessageFrame(message).json),
  ];
  for (let i = 0; i < 20_000; i++) {
    const text = json[i % json.length]!;
    const altered =
      random() < 0.7
        ? (JSON.stringify(alterJson(JSON.parse(text), random)) ?? "")
        : new TextDecoder().decode(alterBytes(new TextEncoder().encode(text), random));
    const frame = { kind: "control", json: altered } as const;
    const messages = [tried(() => parseHostMessage(frame)), tried(() => parseDonorMessage(frame))];
    const isTaken = messages.some((message) => message !== null);
    counts[isTaken ? "taken" : "refused"]++;
  }
  expect(counts.taken).toBeGreaterThan(1_000);
  expect(counts.refused).toBeGreaterThan(10_000);
  expect(heldBytes() - before).toBeLessThan(8 * MiB);
});

test("20,000 altered signaling messages never do more than fail their check", () => {
  const random = seeded(11);
  const sealed = Uint8Array.from({ length: 60 }, (_, i) => i);
  const member = { peer, hello: sealed };
  const SHAPES = [
    [JoinRequest, { version: 1, room: "room-0123456789abcdef", peer, hello: sealed }],
    [RelayRequest, { to: peer, sealed }],
    [Member, member],
    [JoinAck, { ok: true, members: [member, member] }],
    [LeftEvent, { peer }],
    [RelayEvent, { from: peer, sealed }],
    [RefusedEvent, { reason: "room-full", message: "no" }],
    [HostNotice, { notice: "asked" }],
    [Introduction, { introduction: { name: "Phone", device: "Chrome on Linux", resume: "a".repeat(64) } }],
    [PeerSignal, { channel: "control", connection: "abcdefgh", signal: { type: "offer", sdp: "v=0" } }],
    [MemberHello, { role: "host", name: "Host", openedAtMs: 1, publicKey: "A".repeat(87) }],
    [MemberHello, { role: "donor", name: "Phone", openedAtMs: 1 }],
  ] as const;
  let refused = 0;
  for (let i = 0; i < 20_000; i++) {
    const [schema, valid] = SHAPES[i % SHAPES.length]!;
    expect(schema.safeParse(valid).success).toBe(true);
    if (!schema.safeParse(alterJson(valid, random)).success) refused++;
  }
  expect(refused).toBeGreaterThan(10_000);
});
