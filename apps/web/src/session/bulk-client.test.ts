/** What a link that was given up still says does not reach the reads of a later worker. */
import { Emitter, PeerId, type BulkRequest } from "@jupiter/protocol";
import { memoryLinkPair, type MemoryPair } from "@jupiter/transport";
import { expect, it } from "vitest";
import type { FromEngine } from "../engine/api.ts";
import { BulkClient, type BulkClientOptions } from "./bulk-client.ts";

type EngineEvents = { readonly [Kind in FromEngine["kind"]]: Extract<FromEngine, { kind: Kind }> };
const want = (requestId: number): BulkRequest => ({ type: "want", requestId, offsetBytes: 0, sizeBytes: 1 });

function setUp() {
  const events = new Emitter<EngineEvents>();
  const [lost, came]: [string[], number[]] = [[], []];
  const pairs: MemoryPair[] = [];
  const options: BulkClientOptions = {
    links: {
      connect: () => {
        const pair = memoryLinkPair();
        pairs.push(pair);
        return Promise.resolve(pair.links[0]);
      },
    },
    engine: { events, bulkLost: (message) => lost.push(message), bulk: (bytes) => came.push(...bytes) },
    host: () => PeerId.parse("the-host"),
  };
  const client = new BulkClient(options);
  /** The engine asks for bytes; resolves with the link over which the host is asked. */
  const ask = async (requestId: number): Promise<MemoryPair> => {
    events.emit("bulk-request", { kind: "bulk-request", request: want(requestId) });
    const pair = pairs.at(-1) ?? expect.fail("it opened no link");
    await new Promise((resolve) => pair.links[1].events.on("message", resolve));
    return pair;
  };
  return { client, ask, lost, came };
}

it("tells the engine once that its link was closed on this side", async () => {
  const { client, ask, lost } = setUp();
  const pair = await ask(0);
  client.close();
  pair.cut();
  expect(lost).toEqual(["The link for bytes to the host was closed."]);
});

it("passes on what comes over today's link alone, and does not hear how an earlier one ends", async () => {
  const { client, ask, lost, came } = setUp();
  const before = await ask(0);
  before.hold();
  before.links[1].send(Uint8Array.of(1)).catch(() => undefined);
  client.close();
  const ended = new Promise((resolve) => before.links[0].events.on("close", resolve));
  const now = await ask(1);
  lost.length = 0;
  before.release();
  await ended;
  now.links[1].send(Uint8Array.of(2)).catch(() => undefined);
  await expect.poll(() => came).toContain(2);
  expect({ came, lost }).toEqual({ came: [2], lost: [] });
  now.cut();
  expect(lost).toEqual(["the connection was cut"]);
});
