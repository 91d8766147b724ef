import fc from "fast-check";
import { expect, test } from "vitest";
import type { AssignMessage, DonorMessage, HostMessage } from "./control.ts";
import { donorMessageFrame, hostMessageFrame, parseDonorMessage, parseHostMessage } from "./control.ts";
import { LIMITS } from "./limits.ts";
import { PeerId } from "./signaling.ts";

const peer = PeerId.parse("donor_0001");
const tensor = {
  name: "blk.0.attn_q.weight",
  type: "Q4_1",
  dims: [576, 576],
  offsetBytes: 5e9,
  sizeBytes: 207360,
} as const;
const shape = { architecture: "llama", L: 30, D: 576, F: 1536, H: 9, K: 3, E: 64, V: 49152 } as const;

const assign: AssignMessage = {
  type: "assign",
  epoch: 3,
  stageIndex: 1,
  stageCount: 3,
  ring: ["host", peer, "host"],
  previous: "host",
  next: "host",
  layers: { first: 10, end: 20 },
  checkpoint: {
    id: "smollm2",
    shape: { ...shape, ropeBase: 1e5, rmsEpsilon: 1e-5, contextLength: 8192 },
    tiedHead: true,
    tensors: [{ ...tensor, sha256: null }],
  },
  url: "/models/smollm2.gguf",
  backend: "auto",
  threads: 1,
  wire: "f32",
  capacity: 512,
  arenas: 2,
};

test("an assignment between two shares of the host passes as it is", () => {
  expect(parseHostMessage(hostMessageFrame(assign))).toEqual(assign);
});

test.each<[string, Partial<AssignMessage>]>([
  ["a ring of another length", { stageCount: 2 }],
  ["a stage outside the ring", { stageIndex: 3 }],
  ["no layers", { layers: { first: 10, end: 10 } }],
  ["layers that the model lacks", { layers: { first: 10, end: 31 } }],
  ["an address that runs code", { url: "javascript:alert(1)" }],
  [
    "too many tensors",
    { checkpoint: { ...assign.checkpoint, tensors: Array(4097).fill(assign.checkpoint.tensors[0]) } },
  ],
  ["the head before the last stage", { head: true }],
  ["no arena", { arenas: 0 }],
  ["more arenas than there may be", { arenas: LIMITS.arenas + 1 }],
  ["a cache larger than an arena", { capacity: LIMITS.slotsPerArena + 1 }],
])("an assignment with %s is refused", (_, change) => {
  expect(() => hostMessageFrame({ ...assign, ...change })).toThrow(expect.objectContaining({ reason: "bad-control" }));
});

test("the largest table of tensors fits a control frame", () => {
  const tensors = Array(4096).fill({ ...tensor, name: "x".repeat(60), sha256: "a".repeat(64) });
  const { json } = hostMessageFrame({ ...assign, checkpoint: { ...assign.checkpoint, tensors } });
  expect(json.length).toBeLessThan(LIMITS.controlBytes);
});

test("donors' messages pass, hosts' messages are not taken from donors, fields unknown here are dropped", () => {
  const profile: DonorMessage = {
    type: "profile",
    epoch: 1,
    backend: "wasm",
    unpacks: false,
    layerTimes: [{ T: 64, S: 256, ms: 28.5 }],
    headTimes: [{ rows: 4, ms: 9.5 }],
    frameMs: 0.25,
    handoverMs: 0.5,
    isAnew: false,
  };
  expect(parseDonorMessage(donorMessageFrame(profile))).toEqual(profile);
  const link = { rttMs: 4, rttSpreadMs: 1, bytesPerMs: 5000, backBytesPerMs: 4000 };
  for (const probed of [link, null].map(
    (measured) => ({ type: "probed", epoch: 1, to: peer, link: measured }) as const,
  ))
    expect(parseDonorMessage(donorMessageFrame(probed))).toEqual(probed);
  for (const bad of [{ rttMs: -1 }, { rttMs: 60_001 }, { bytesPerMs: 0 }, { backBytesPerMs: Infinity }])
    expect(() => donorMessageFrame({ type: "probed", epoch: 1, to: peer, link: { ...link, ...bad } })).toThrow(
      expect.objectContaining({ reason: "bad-control" }),
    );
  const json = JSON.stringify({ type: "pong", id: 4, later: { more: 1 } });
  expect(parseDonorMessage({ kind: "control", json })).toEqual({ type: "pong", id: 4 });
  for (const bad of [
    "{",
    "null",
    "[]",
    '{"type":"removed","reason":"x"}',
    '{"type":"pong"}',
    '{"type":"pong","id":-1}',
  ]) {
    expect(() => parseDonorMessage({ kind: "control", json: bad })).toThrow(
      expect.objectContaining({ name: "ProtocolError", reason: "bad-control" }),
    );
  }
});

const ask: DonorMessage = { type: "ask", id: 7, question: "What is a ring?", conversation: 0 };

test("questions of donors and what becomes of them pass as they are", () => {
  for (const message of [ask, { type: "stop-ask", id: 7 }] as const)
    expect(parseDonorMessage(donorMessageFrame(message))).toEqual(message);
  const told: readonly HostMessage[] = [
    { type: "ask-rule", rule: "each" },
    { type: "ask-waits", id: 7, before: null },
    { type: "ask-waits", id: 7, before: 2 },
    { type: "ask-text", id: 7, text: " of **devices**\n" },
    { type: "ask-ended", id: 7, end: { kind: "complete", tokens: 12 } },
    { type: "ask-ended", id: 7, end: { kind: "cut", tokens: 512 } },
    { type: "ask-ended", id: 7, end: { kind: "stopped", by: "host" } },
    { type: "ask-ended", id: 7, end: { kind: "refused", why: "too-often" } },
    { type: "ask-ended", id: 7, end: { kind: "failed", message: "A device left." } },
  ];
  for (const message of told) {
    expect(parseHostMessage(hostMessageFrame(message))).toEqual(message);
    // Only a host may say so.
    expect(() => parseDonorMessage(hostMessageFrame(message))).toThrow(
      expect.objectContaining({ reason: "bad-control" }),
    );
  }
});

test.each([
  ["no words", { question: " \n" }],
  ["more letters than a question may have", { question: "x".repeat(LIMITS.questionChars + 1) }],
  ["a number for a question", { question: 1 }],
  ["a negative id", { id: -1 }],
  ["half an id", { id: 0.5 }],
  ["no conversation", { conversation: undefined }],
  ["a conversation beyond any count", { conversation: 2 ** 32 }],
])("a question with %s is refused", (_, change) => {
  const json = JSON.stringify({ ...ask, ...change });
  expect(() => parseDonorMessage({ kind: "control", json })).toThrow(
    expect.objectContaining({ name: "ProtocolError", reason: "bad-control" }),
  );
});

test("an answer longer than one message may be is refused", () => {
  const text = "x".repeat(LIMITS.answerTextChars + 1);
  expect(() => hostMessageFrame({ type: "ask-text", id: 0, text })).toThrow(
    expect.objectContaining({ reason: "bad-control" }),
  );
});

test("whatever a hostile donor puts into a question, it is refused by name or within every limit", () => {
  const anything = fc.record(
    {
      type: fc.constantFrom("ask", "stop-ask", "ask-ended", "ask-rule"),
      id: fc.oneof(fc.nat(), fc.double(), fc.anything()),
      question: fc.oneof(
        fc.string({ maxLength: 20 }),
        fc.nat(20_000).map((n) => "q".repeat(n)),
        fc.anything(),
      ),
      conversation: fc.oneof(fc.nat(), fc.double(), fc.anything()),
      end: fc.anything(),
    },
    { requiredKeys: ["type"] },
  );
  let passed = 0;
  fc.assert(
    fc.property(anything, (message) => {
      const json = JSON.stringify(message, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
      try {
        const parsed = parseDonorMessage({ kind: "control", json });
        passed++;
        if (parsed.type === "stop-ask") return;
        if (parsed.type !== "ask") throw new TypeError(`a ${parsed.type} passed`);
        expect(parsed.question.length).toBeLessThanOrEqual(LIMITS.questionChars);
        expect(parsed.question.trim()).not.toBe("");
        expect(Number.isInteger(parsed.id) && parsed.id >= 0).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ name: "ProtocolError", reason: "bad-control" });
      }
    }),
    { seed: 20261125, numRuns: 2000 },
  );
  expect(passed).toBeGreaterThan(20);
});
