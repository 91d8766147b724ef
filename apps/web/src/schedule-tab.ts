/**
 * Goes through a schedule in this tab: computing is waiting by a precise clock, messages are of the right size and travel over real links. A message is
 * sent at once and heard when a link of the given shape would have delivered it, so that the real link's own time does not come on top as long as it is
 * shorter. Harness only.
 */
import type { PeerId } from "@jupiter/protocol";
import type { Span, Step } from "@jupiter/simulator";
import type { LinkShape, PeerLink } from "@jupiter/transport";
import { enterBare, shapedPath, type BareMember } from "./compose.ts";
import { PreciseClock } from "./engine/precise-clock.ts";

export interface Replay {
  readonly steps: readonly Step[];
  /** Of every device of the schedule, in order. */
  readonly peers: readonly PeerId[];
  readonly self: number;
  /** Milliseconds since 1970: when all devices begin. */
  readonly startAtMs: number;
}

export interface Replayed {
  readonly marks: readonly (readonly [name: string, ms: number])[];
  readonly spans: readonly Omit<Span, "device">[];
  readonly messages: number;
  /** Messages that the real link delivered after their time, and by how much in all. */
  readonly lateMessages: number;
  readonly lateMs: number;
}

export interface ScheduleHarness {
  /** Enters a room without a session: a new one, or the link's. */
  enter(link: string | null): Promise<{ readonly peer: PeerId; readonly link: string }>;
  /** Opens the link to a device that this one sends to. */
  connect(to: PeerId, shape: LinkShape, seed: number): Promise<void>;
  run(replay: Replay): Promise<Replayed>;
}

interface Outgoing {
  readonly link: PeerLink;
  readonly path: ReturnType<typeof shapedPath>;
}

interface Arrived {
  readonly dueMs: number;
  readonly lateMs: number;
}

/** Of a message's head: when it is due, milliseconds since 1970. */
const HEAD_BYTES = 8;

let member: BareMember | null = null;
const outgoing = new Map<PeerId, Outgoing>();
const arrived = new Map<PeerId, Arrived[]>();
let wake: () => void = () => undefined;
const clock = new PreciseClock();

function until(dueMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(dueMs - clock.nowMs(), resolve));
}

function entered(): BareMember {
  if (member === null) throw new TypeError("enter a room first");
  return member;
}

async function receive(from: PeerId): Promise<Arrived> {
  for (;;) {
    const first = arrived.get(from)?.shift();
    if (first === undefined) {
      await new Promise<void>((resolve) => (wake = resolve));
      continue;
    }
    await until(first.dueMs);
    return first;
  }
}

function send(to: PeerId, sizeBytes: number): void {
  const out = outgoing.get(to);
  if (out === undefined) throw new TypeError("connect to whom the schedule sends first");
  const { arrivesMs } = out.path.next(sizeBytes, clock.nowMs());
  const message = new Uint8Array(Math.max(HEAD_BYTES, Math.round(sizeBytes)));
  new DataView(message.buffer).setFloat64(0, performance.timeOrigin + arrivesMs);
  // That a link is lost shows as a message that never comes.
  out.link.send(message).catch(() => undefined);
}

export const scheduleHarness: ScheduleHarness = {
  async enter(link) {
    member = await enterBare(link);
    member.links.events.on("incoming", ({ from, link: incoming }) => {
      incoming.events.on("message", (message) => {
        const view = new DataView(message.buffer, message.byteOffset);
        const dueMs = view.getFloat64(0) - performance.timeOrigin;
        arrived.set(from, [...(arrived.get(from) ?? []), { dueMs, lateMs: Math.max(0, clock.nowMs() - dueMs) }]);
        wake();
      });
    });
    return { peer: member.room.self, link: member.room.link };
  },
  async connect(to, shape, seed) {
    const { room, links } = entered();
    if (room.members.every(({ peer }) => peer !== to))
      await new Promise<void>(
        (resolve) => void room.events.on("member-joined", ({ peer }) => peer === to && resolve()),
      );
    outgoing.set(to, { link: await links.connect(to, "activations"), path: shapedPath(shape, seed) });
  },
  async run({ steps, peers, self, startAtMs }) {
    const startMs = startAtMs - performance.timeOrigin;
    await until(startMs);
    const marks = new Map<string, number>();
    const spans: Omit<Span, "device">[] = [];
    let [messages, lateMessages, lateMs] = [0, 0, 0];
    const peerAt = (device: number) => {
      const peer = peers[device];
      if (peer === undefined || device === self) throw new RangeError(`there is no other device ${device}`);
      return peer;
    };
    for (const step of steps) {
      switch (step.kind) {
        case "compute": {
          const beganMs = clock.nowMs();
          await until(beganMs + step.ms);
          spans.push({ label: step.label, startMs: beganMs - startMs, endMs: clock.nowMs() - startMs });
          break;
        }
        case "send":
          send(peerAt(step.to), step.sizeBytes);
          break;
        case "receive": {
          const message = await receive(peerAt(step.from));
          messages++;
          lateMs += message.lateMs;
          if (message.lateMs > 0) lateMessages++;
          break;
        }
        case "mark":
          if (!marks.has(step.name)) marks.set(step.name, clock.nowMs() - startMs);
          break;
        default:
          step satisfies never;
      }
    }
    return { marks: [...marks], spans, messages, lateMessages, lateMs };
  },
};
