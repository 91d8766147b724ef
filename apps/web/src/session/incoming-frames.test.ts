/** Over real `PeerLink`s, in memory: who is heard, and what becomes of the rest. */
import { PeerId, type Seat } from "@jupiter/protocol";
import { memoryLinkPair, type PeerLink } from "@jupiter/transport";
import { expect, it, vi } from "vitest";
import { seatsBefore } from "./ring.ts";
import { IncomingFrames } from "./incoming-frames.ts";

const [anna, eve] = [PeerId.parse("anna0000"), PeerId.parse("eve00000")];
const FRAME = new Uint8Array(8);

function device(before: { seat: Seat | null }, framesAhead = 4) {
  const heard: Seat[] = [];
  const strays: string[] = [];
  const broken: string[] = [];
  const frames = new IncomingFrames({
    framesAhead,
    seatOf: (peer) => peer,
    isBefore: (seat) => seat === before.seat,
    frame: (from) => void heard.push(from),
    strayed: (peer, what) => void strays.push(`${peer} ${what}`),
    broke: (seat, what) => void broken.push(`${seat} ${what}`),
  });
  const open = (from: PeerId) => {
    const [theirs, ours] = memoryLinkPair().links;
    frames.accept({ from, channel: "activations", link: ours });
    const closed = vi.fn();
    theirs.events.on("close", closed);
    return { link: theirs, closed };
  };
  return { frames, open, heard, strays, broken };
}

const arrive = async (link: PeerLink) => {
  await link.send(FRAME);
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

it("a stranger's bytes close its link and are told once; the neighbour is heard as before", async () => {
  const { open, heard, strays, broken } = device({ seat: anna });
  const [hers, strange] = [open(anna), open(eve)];
  await Promise.all([arrive(strange.link), strange.link.send(FRAME).catch(() => undefined)]);
  await arrive(hers.link);
  expect(heard).toEqual([anna]);
  expect(strays).toEqual([`${eve} sent activations without sitting before this device in the ring`]);
  expect(broken).toEqual([]);
  expect(strange.closed).toHaveBeenCalledOnce();
  expect(hers.closed).not.toHaveBeenCalled();
});

it("a link that comes before this device knows its place is kept; once the ring stands, only the neighbour's", async () => {
  const before: { seat: Seat | null } = { seat: null };
  const { frames, open, heard, strays } = device(before);
  const [hers, silent] = [open(anna), open(eve)];
  before.seat = anna;
  frames.settle();
  const late = open(eve);
  await arrive(hers.link);
  expect(heard).toEqual([anna]);
  for (const { closed } of [silent, late]) expect(closed).toHaveBeenCalledOnce();
  expect(strays).toEqual([`${eve} opened a link for activations without sitting before this device in the ring`]);
});

it("what is under way when a ring ends means nothing, and accuses nobody", async () => {
  const before: { seat: Seat | null } = { seat: anna };
  const { frames, open, heard, strays, broken } = device(before);
  const old = open(anna);
  await arrive(old.link);
  before.seat = null;
  frames.giveUp();
  await arrive(old.link);
  before.seat = anna;
  await arrive(old.link);
  await arrive(open(anna).link);
  expect([heard, strays, broken]).toEqual([[anna, anna], [], []]);
});

it("nor does the very first frame of a ring that ended while it was under way", async () => {
  const before: { seat: Seat | null } = { seat: anna };
  const { frames, open, heard, strays, broken } = device(before);
  const silent = open(anna);
  frames.settle();
  before.seat = null;
  frames.giveUp();
  await arrive(silent.link);
  expect([heard, strays, broken]).toEqual([[], [], []]);
});

it("a neighbour that floods, or whose bytes the engine cannot read, ends the ring by name", async () => {
  const { open, broken, heard } = device({ seat: anna }, 2);
  const hers = open(anna);
  for (let i = 0; i < 3; i++) await arrive(hers.link);
  expect(heard.length).toBe(2);
  expect(broken).toEqual([`${anna} sent more than 2 frames without waiting for any to be computed`]);
  expect(hers.closed).toHaveBeenCalledOnce();
  const other = device({ seat: anna });
  const line = other.open(anna);
  other.frames.fault(anna, "sent garbage");
  other.frames.fault(eve, "sent garbage");
  await Promise.resolve();
  expect(other.broken).toEqual([`${anna} sent garbage`]);
  await arrive(line.link).catch(() => undefined);
  expect(line.closed).toHaveBeenCalledOnce();
});

it("nobody keeps many links open", async () => {
  const { open, strays } = device({ seat: null });
  for (let i = 0; i < 5; i++) open(eve);
  expect(strays).toEqual([`${eve} opened more than 4 links for activations`]);
});

it("the host is before the first stage and after the last, and before its own neighbours in between", () => {
  expect(seatsBefore("host", [anna, eve])).toEqual([eve]);
  expect(seatsBefore(anna, [anna, eve])).toEqual(["host"]);
  expect(seatsBefore("host", [anna, "host", eve])).toEqual([anna, eve]);
  expect(seatsBefore("host", ["host", anna, "host"])).toEqual([anna]);
  expect(seatsBefore("host", [])).toEqual([]);
});
