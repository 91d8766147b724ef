/** Two tabs with bare peer connections between them, none of our transport: what the browser's data channels do by themselves. */
import type { Browser, Page } from "playwright";
import { NAMING } from "../before-workers.ts";

export interface Bulk {
  /** Of the connection's channels, how many share the bytes. */
  readonly channels: number;
  readonly bytes: number;
  /** Buffered on a channel at most; it is filled again when a quarter of that is left. */
  readonly highBytes: number;
  /** Of one message. */
  readonly sliceBytes: number;
}

export interface ChannelTab {
  /** A connection with `channels` channels; the offer. */
  offer(connection: number, channels: number): Promise<RTCSessionDescriptionInit>;
  answer(connection: number, channels: number, offer: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit>;
  accept(connection: number, answer: RTCSessionDescriptionInit): Promise<void>;
  /** Acknowledged when so many bytes have come. */
  expect(connection: number, bytes: number): void;
  /** Milliseconds until the other side has all. */
  send(connection: number, bulk: Bulk): Promise<number>;
  /** There and back, one after the other, milliseconds each; until `send` has ended where it runs, else `least` of them. */
  echoes(connection: number, channel: number, least: number): Promise<number[]>;
}

declare global {
  var channelTab: ChannelTab | undefined;
}

export class RawChannels implements AsyncDisposable {
  readonly #pages: readonly [Page, Page];

  private constructor(pages: readonly [Page, Page]) {
    this.#pages = pages;
  }

  /** `connections`: channels of each. */
  static async open(browser: Browser, connections: readonly number[]): Promise<RawChannels> {
    const context = await browser.newContext();
    const pages = [await context.newPage(), await context.newPage()] as const;
    for (const page of pages) {
      await page.evaluate(NAMING);
      await page.evaluate(installChannelTab);
    }
    const [a, b] = pages;
    for (const [connection, channels] of connections.entries()) {
      const asked = { connection, channels };
      const offer = await a.evaluate(({ connection, channels }) => channelTab!.offer(connection, channels), asked);
      const answer = await b.evaluate(
        ({ connection, channels, offer }) => channelTab!.answer(connection, channels, offer),
        { ...asked, offer },
      );
      await a.evaluate(({ connection, answer }) => channelTab!.accept(connection, answer), { connection, answer });
    }
    return new RawChannels(pages);
  }

  /** Megabytes a second, and the echoes of one row's message meanwhile, milliseconds. */
  async bulk(connection: number, bulk: Bulk, echo: readonly [connection: number, channel: number]) {
    const [a, b] = this.#pages;
    await b.evaluate(({ connection, bytes }) => channelTab!.expect(connection, bytes), {
      connection,
      bytes: bulk.bytes,
    });
    const { ms, echoes } = await a.evaluate(
      async ({ connection, bulk, echo: [other, channel] }) => {
        const sent = channelTab!.send(connection, bulk);
        const echoes = await channelTab!.echoes(other, channel, 1);
        return { ms: await sent, echoes };
      },
      { connection, bulk, echo },
    );
    return { mbPerS: bulk.bytes / 1000 / ms, echoes };
  }

  echoes(connection: number, channel: number, count: number): Promise<number[]> {
    return this.#pages[0].evaluate(({ connection, channel, count }) => channelTab!.echoes(connection, channel, count), {
      connection,
      channel,
      count,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pages[0].context().close();
  }
}

/** Runs in the page, so it may use nothing of this file. */
function installChannelTab(): void {
  /** A row of SmolLM2 in float32 with its header. */
  const ROW_BYTES = 2400;
  const ROW = 1;
  interface Connection {
    readonly peer: RTCPeerConnection;
    readonly channels: readonly RTCDataChannel[];
    readonly opened: Promise<unknown>;
    expected: number;
    received: number;
    acknowledged: (() => void) | null;
    echoed: (() => void) | null;
  }
  const connections = new Map<number, Connection>();
  let sending = 0;

  const get = (id: number): Connection => {
    const connection = connections.get(id);
    if (connection === undefined) throw new Error(`there is no connection ${id}`);
    return connection;
  };

  const create = (id: number, count: number, echoesBack: boolean): Connection => {
    const peer = new RTCPeerConnection();
    const channels = Array.from({ length: count }, (_, i) =>
      peer.createDataChannel("raw", { negotiated: true, id: i }),
    );
    const opened = Promise.all(
      channels.map((channel) => new Promise((resolve) => channel.addEventListener("open", resolve))),
    );
    const connection: Connection = {
      ...{ peer, channels, opened },
      ...{ expected: 0, received: 0, acknowledged: null, echoed: null },
    };
    for (const channel of channels) {
      channel.binaryType = "arraybuffer";
      channel.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer | string>) => {
        if (typeof data === "string") {
          connection.acknowledged?.();
          return;
        }
        const isRow = new Uint8Array(data, 0, 1)[0] === ROW;
        if (isRow && echoesBack) {
          channel.send(data);
          return;
        }
        if (isRow) return connection.echoed?.();
        connection.received += data.byteLength;
        if (connection.received === connection.expected) channels[0]?.send("all");
      });
    }
    connections.set(id, connection);
    return connection;
  };

  /** With all candidates in it. */
  const described = async (peer: RTCPeerConnection): Promise<RTCSessionDescriptionInit> => {
    await peer.setLocalDescription();
    if (peer.iceGatheringState !== "complete")
      await new Promise<void>((resolve) =>
        peer.addEventListener("icegatheringstatechange", () => {
          if (peer.iceGatheringState === "complete") resolve();
        }),
      );
    const { type, sdp } = peer.localDescription!;
    return { type, sdp };
  };

  const fill = async (channel: RTCDataChannel, bytes: number, { highBytes, sliceBytes }: Bulk): Promise<void> => {
    channel.bufferedAmountLowThreshold = highBytes / 4;
    for (let sent = 0; sent < bytes; sent += sliceBytes) {
      if (channel.bufferedAmount >= highBytes)
        await new Promise((resolve) => channel.addEventListener("bufferedamountlow", resolve, { once: true }));
      channel.send(new Uint8Array(Math.min(sliceBytes, bytes - sent)));
    }
  };

  globalThis.channelTab = {
    offer: (id, count) => described(create(id, count, false).peer),
    async answer(id, count, offer) {
      const { peer } = create(id, count, true);
      await peer.setRemoteDescription(offer);
      return described(peer);
    },
    async accept(id, answer) {
      const { peer, opened } = get(id);
      await peer.setRemoteDescription(answer);
      await opened;
    },
    expect(id, bytes) {
      Object.assign(get(id), { expected: bytes, received: 0 });
    },
    async send(id, bulk) {
      const { channels: count, bytes } = bulk;
      const connection = get(id);
      const all = new Promise<void>((resolve) => (connection.acknowledged = resolve));
      sending++;
      const beganMs = performance.now();
      await Promise.all(connection.channels.slice(0, count).map((channel) => fill(channel, bytes / count, bulk)));
      await all;
      sending--;
      return performance.now() - beganMs;
    },
    async echoes(id, channel, least) {
      const connection = get(id);
      const row = new Uint8Array(ROW_BYTES);
      row[0] = ROW;
      const times: number[] = [];
      do {
        const back = new Promise<void>((resolve) => (connection.echoed = resolve));
        const beganMs = performance.now();
        connection.channels[channel]?.send(row);
        await back;
        times.push(performance.now() - beganMs);
        // As a lap that comes now and then, not as a flood of its own.
        await new Promise((resolve) => setTimeout(resolve, 5));
      } while (sending > 0 || times.length < least);
      return times;
    },
  };
}
