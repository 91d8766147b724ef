/** Rooms whose server goes away and comes back: members as pages have them, with keys, seals and reconnection. */
import { Room } from "@jupiter/room";
import { ServerProcess } from "./server-process.ts";

export interface RestartResult {
  readonly members: number;
  /** Members that are in their room again and see everyone of before, each of whom answered. */
  readonly back: number;
  /** From the new server's start until the last of them is. */
  readonly backMs: number;
}

const BACK_WITHIN_MS = 60_000;

/** Starts a server, fills rooms, ends it, and starts another at the same port. */
export async function restartServer(rooms: number, membersPerRoom: number): Promise<RestartResult> {
  let server = await ServerProcess.start();
  const groups: Room[][] = [];
  try {
    for (let at = 0; at < rooms; at++) groups.push(await openGroup(server.url, membersPerRoom));
    const members = groups.flat();
    const away = Promise.all(members.map((room) => until(room, () => room.state.kind === "reconnecting")));
    await server.stop();
    await away;
    server = await ServerProcess.start(server.port);
    const startMs = performance.now();
    const isBack = await Promise.all(groups.map(async (group) => ((await answersAll(group)) ? group.length : 0)));
    const back = isBack.reduce((sum, count) => sum + count, 0);
    return { members: members.length, back, backMs: performance.now() - startMs };
  } finally {
    for (const room of groups.flat()) room.leave();
    await server.stop();
  }
}

async function openGroup(signalUrl: string, size: number): Promise<Room[]> {
  const host = await Room.open({ signalUrl, name: "Host" });
  const others = Array.from({ length: size - 1 }, (_, at) =>
    Room.join({ signalUrl, name: `Member ${at + 1}`, link: host.link }),
  );
  const group = [host, ...(await Promise.all(others))];
  await Promise.all(group.map((room) => until(room, () => room.members.length === size - 1)));
  return group;
}

/** The host's word to each reaches it, once all see one another again. */
async function answersAll([host, ...others]: readonly Room[]): Promise<boolean> {
  if (host === undefined) return false;
  const all = [host, ...others];
  const isWhole = (room: Room) => room.state.kind === "connected" && room.members.length === others.length;
  const whole = await Promise.all(all.map((room) => until(room, () => isWhole(room))));
  if (whole.includes(false)) return false;
  const heard = others.map(
    (room) => new Promise<void>((resolve) => room.events.on("signal", ({ from }) => from === host.self && resolve())),
  );
  await Promise.all(others.map(({ self }) => host.sendSignal(self, { type: "hello again" })));
  await Promise.all(heard);
  return true;
}

/** False: not within the time for it. */
function until(room: Room, isSo: () => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const look = () => isSo() && settle(true);
    const offs = [
      room.events.on("state", look),
      room.events.on("member-joined", look),
      room.events.on("member-left", look),
    ];
    const timer = setTimeout(() => settle(isSo()), BACK_WITHIN_MS);
    const settle = (answer: boolean) => {
      clearTimeout(timer);
      for (const off of offs) off();
      resolve(answer);
    };
    look();
  });
}
