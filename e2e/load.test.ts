/** `npm run load` in small. */
import { expect, it } from "vitest";
import { restartServer } from "./load/restart.ts";
import { Load } from "./load/run-load.ts";
import { ServerProcess } from "./load/server-process.ts";

it("while members leave and come, every message arrives once", async () => {
  const server = await ServerProcess.start();
  const options = { rooms: 8, membersPerRoom: 5, messagesPerSecond: 200, leavesPerSecond: 10, seconds: 1 };
  const load = new Load({ url: server.url, ...options });
  await load.fill();
  const { sent, lost, twice, refused, left, relayMs } = await load.run();
  expect({ sent, lost, twice, refused, left }).toEqual({ sent: 200, lost: 0, twice: 0, refused: [], left: 10 });
  expect(relayMs.length).toBe(200);
  expect(await server.counts()).toMatchObject({ rooms: 8, members: 40 });
  load.empty();
  await expect.poll(() => server.counts(), { timeout: 30_000 }).toMatchObject({ rooms: 0, members: 0 });
  await server.stop();
});

it("a restart of the server loses no room whose members are still there", async () => {
  expect(await restartServer(4, 4)).toMatchObject({ members: 16, back: 16 });
});
