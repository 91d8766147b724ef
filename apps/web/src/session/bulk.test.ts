/** Host's and donor's end of a bulk link over a real `PeerLink`, in memory. */
import { fetchTensors, hashTensors, readGguf, type TensorEntry } from "@jupiter/model";
import { bulkMessageFrame, encodeFrame, LIMITS, PeerId, type BulkRequest, type Frame } from "@jupiter/protocol";
import { memoryByteSource, seeded, tinyCheckpoint } from "@jupiter/testkit";
import { memoryLinkPair, type PeerLink } from "@jupiter/transport";
import { describe, expect, it, vi } from "vitest";
import { BulkSource } from "../engine/bulk-source.ts";
import { BulkServer } from "./bulk-server.ts";

const CANCEL: Frame = { kind: "cancel", frames: [1] };
const never = () => new Promise<never>(() => undefined);

function randomBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const random = seeded(seed);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** A donor's source over a link to `server`. */
function connect(server: BulkServer, peer = PeerId.parse("donor-of-layers")) {
  const pair = memoryLinkPair();
  const [donor, host] = pair.links;
  server.accept(peer, host);
  const asked: BulkRequest[] = [];
  const source = new BulkSource({
    wait: never,
    ask(request) {
      asked.push(request);
      donor.send(encodeFrame(bulkMessageFrame(request))).catch(() => undefined);
    },
  });
  donor.events.on("message", (bytes) => source.receive(bytes));
  donor.events.on("close", ({ message }) => source.lost(message));
  return { pair, donor, source, asked };
}

type Ends = ReturnType<typeof connect>;

function serverOf(bytes: Uint8Array<ArrayBuffer>): BulkServer {
  const server = new BulkServer();
  server.file = new Blob([bytes]);
  return server;
}

const closed = (link: PeerLink) => new Promise((resolve) => link.events.on("close", resolve));

describe("bytes of a host's file over a bulk link", () => {
  it("come whole, in slices, several requests at once", async () => {
    const file = randomBytes(3 * LIMITS.bulkBytes + 17);
    const { source } = connect(serverOf(file));
    const ranges = [
      [0, 10],
      [5, 2 * LIMITS.bulkBytes + 3],
      [file.length - 1, 1],
    ] as const;
    const came = await Promise.all(ranges.map(([at, size]) => source.read(at, size)));
    expect(came).toEqual(ranges.map(([at, size]) => file.subarray(at, at + size)));
  });

  it("make a checked share of a checkpoint, and a changed file is noticed", async () => {
    const bytes = Uint8Array.from(tinyCheckpoint());
    const { checkpoint } = await readGguf(memoryByteSource(bytes), "tiny");
    const tensors = await hashTensors(memoryByteSource(bytes), checkpoint.tensors, () => undefined);
    const fetchAll = (server: BulkServer, entries: readonly TensorEntry[]) =>
      fetchTensors(connect(server).source, entries, {
        signal: new AbortController().signal,
        onBytes: () => undefined,
        wait: () => Promise.resolve(),
      });
    const [last] = tensors.slice(-1);
    const share = await fetchAll(serverOf(bytes), tensors);
    const { offsetBytes = NaN, sizeBytes = NaN } = last ?? {};
    expect(await share.read(offsetBytes, sizeBytes)).toEqual(bytes.subarray(offsetBytes, offsetBytes + sizeBytes));
    bytes[offsetBytes] = (bytes[offsetBytes] ?? 0) ^ 1;
    await expect(fetchAll(serverOf(bytes), tensors)).rejects.toMatchObject({ reason: "checksum" });
  });

  it("are not sent on when they are not wanted any more", async () => {
    const { source, asked, pair } = connect(serverOf(randomBytes(100)));
    const abort = new AbortController();
    pair.hold();
    const given = source.read(0, 50, abort.signal);
    abort.abort(new Error("given up"));
    await expect(given).rejects.toThrow("given up");
    expect(asked.map(({ type }) => type)).toEqual(["want", "drop"]);
    pair.release();
    expect(await source.read(50, 50)).toHaveLength(50); // what came late of the first is passed over
  });

  it("are refused with a reason where the host has no file, or a shorter one", async () => {
    const server = serverOf(randomBytes(100));
    const { source } = connect(server);
    await expect(source.read(90, 20)).rejects.toMatchObject({ reason: "unreachable", message: /ends at byte 100/ });
    server.file = null;
    await expect(source.read(0, 20)).rejects.toMatchObject({ reason: "unreachable", message: /chosen again/ });
  });

  it("fail when the link breaks or the host is silent, so that they are asked for again", async () => {
    const { source, pair } = connect(serverOf(randomBytes(100)));
    pair.hold();
    const lost = source.read(0, 50);
    pair.cut();
    await expect(lost).rejects.toMatchObject({ reason: "unreachable", message: /link .* was lost/ });
    const silent = new BulkSource({ ask: () => undefined, wait: () => Promise.resolve() });
    await expect(silent.read(0, 1)).rejects.toMatchObject({ reason: "unreachable", message: /sent nothing/ });
  });
});

describe("links of donors that take part no more", () => {
  it("are closed: one device's when it is removed, all when the ring ends, and what was asked over them fails", async () => {
    const server = serverOf(randomBytes(100));
    const [anna, ben] = ["anna0000", "ben00000"].map((id) => connect(server, PeerId.parse(id))) as [Ends, Ends];
    const ends = [closed(anna.donor), closed(ben.donor)];
    anna.pair.hold();
    const asked = anna.source.read(0, 50);
    server.expel(PeerId.parse("anna0000"));
    anna.pair.release();
    await expect(asked).rejects.toMatchObject({ reason: "unreachable" });
    await expect(ends[0]).resolves.toMatchObject({ reason: "remote" });
    expect(await ben.source.read(0, 50)).toHaveLength(50);
    server.close();
    await expect(ends[1]).resolves.toMatchObject({ reason: "remote" });
  });
});

describe("a hostile peer on a bulk link", () => {
  it.each([
    ["other frames", () => [encodeFrame(CANCEL)]],
    ["too large requests", () => [want(0, LIMITS.bulkRequestBytes + 1)]],
    ["what is no request", () => [encodeFrame({ kind: "control", json: "{}" })]],
    ["requests without end", () => Array.from({ length: 2 * LIMITS.bulkRequests }, (_, i) => want(i, 1000))],
  ])("that sends the host %s loses its link", async (_, messages) => {
    const { donor, pair } = connect(serverOf(randomBytes(1000)));
    const end = closed(donor);
    pair.hold();
    for (const message of messages()) donor.send(message).catch(() => undefined);
    pair.release();
    await expect(end).resolves.toMatchObject({ reason: "remote" });
  });

  it("that sends a donor other bytes than it asked for is found out", () => {
    const source = new BulkSource({ ask: vi.fn(), wait: never });
    const target = new Uint8Array(10);
    void source.readInto(target, 0);
    const bulk = (offset: number, totalBytes: number) =>
      encodeFrame({ kind: "bulk", requestId: 0, offset, totalBytes, bytes: Uint8Array.of(1) });
    expect(() => source.receive(bulk(1, 10))).toThrow(/expected byte 0 of 10/);
    expect(() => source.receive(bulk(0, 11))).toThrow(/expected byte 0 of 10/);
    expect(() => source.receive(encodeFrame(CANCEL))).toThrow(/cancel frame/);
    expect(target).toEqual(new Uint8Array(10));
  });
});

function want(requestId: number, sizeBytes: number): Uint8Array {
  return encodeFrame({
    kind: "control",
    json: JSON.stringify({ type: "want", requestId, offsetBytes: 0, sizeBytes }),
  });
}
