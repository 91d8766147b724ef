/**
 * A signaling server that cheats, in front of a real one: it passes on what tabs and the real server say to each other, and, once told to,
 * drops, repeats, reorders, alters and redirects deliveries, swaps members, says that members left, lets invented ones join, makes offers of
 * its own, and floods. By a seeded random. All else (the page, models) it fetches from the real server.
 */
import { createServer, request, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type Socket } from "socket.io";
import { io, type Socket as ClientSocket } from "socket.io-client";
import { alterBytes, alterJson } from "./alter.ts";
import type { Random } from "./tiny-checkpoint-blocks.ts";

interface Member {
  readonly peer: string;
  readonly hello: Uint8Array;
}

interface Delivery {
  readonly name: string;
  readonly event: unknown;
}

interface Tab {
  readonly socket: Socket;
  readonly upstream: ClientSocket;
  peer: string;
  /** Held back, to come after a later one. */
  held: Delivery[];
}

const SOCKETS = "/socket.io/";
/** Deliveries that it can repeat later. */
const KEPT = 2000;
const OFFER = { channel: "control", connection: "hostile-0001", signal: { type: "offer", sdp: "v=0\r\n" } };

export class HostileServer implements AsyncDisposable {
  readonly url: string;
  /** False: it passes on faithfully, and watches. */
  isHostile = false;
  /** Deliveries that no member sent so, to this tab, for the first time. */
  mischiefs = 0;
  /** What it has seen: every sealed byte that came by. */
  readonly seen: Uint8Array[] = [];
  readonly #http: HttpServer;
  readonly #io: Server;
  readonly #random: Random;
  readonly #tabs = new Set<Tab>();
  readonly #kept: Delivery[] = [];
  readonly #members = new Map<string, Member>();

  private constructor(http: HttpServer, sockets: Server, upstream: string, random: Random) {
    this.url = `http://localhost:${(http.address() as AddressInfo).port}/`;
    this.#http = http;
    this.#io = sockets;
    this.#random = random;
    sockets.on("connection", (socket) => this.#serve(socket, upstream));
  }

  /** `upstream`: the real server's address. */
  static async open(upstream: string, random: Random): Promise<HostileServer> {
    const http = createServer();
    const sockets = new Server(http, { path: SOCKETS });
    http.on("request", (incoming, response) => {
      if (incoming.url?.startsWith(SOCKETS) !== true) passOn(new URL(upstream), incoming, response);
    });
    await new Promise<void>((resolve) => http.listen(0, "localhost", resolve));
    return new HostileServer(http, sockets, upstream, random);
  }

  /** At every tab, `count` deliveries that it made up of what it has seen. */
  harass(count: number): void {
    for (const tab of this.#tabs) for (let i = 0; i < count; i++) this.#send(tab, this.#inventedFor(tab), true);
  }

  /** To the tab of this peer, exactly this. */
  deliver(peer: string, name: string, event: unknown): void {
    for (const tab of this.#tabs) if (tab.peer === peer) this.#send(tab, { name, event }, true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { upstream } of this.#tabs) upstream.disconnect();
    await this.#io.close();
    this.#http.closeAllConnections();
  }

  #serve(socket: Socket, url: string): void {
    const upstream = io(url, { forceNew: true, reconnection: false, transports: ["websocket"] });
    const tab: Tab = { socket, upstream, peer: "", held: [] };
    this.#tabs.add(tab);
    socket.on("disconnect", () => {
      this.#tabs.delete(tab);
      upstream.disconnect();
    });
    upstream.on("disconnect", () => socket.disconnect());
    socket.on("join", (join: Member, ack: (answer: unknown) => void) => {
      tab.peer = join.peer;
      this.#members.set(join.peer, { peer: join.peer, hello: join.hello });
      this.#see(join.hello);
      upstream.emit("join", join, (answer: { readonly members?: readonly Member[] }) => {
        for (const member of answer.members ?? []) this.#keep({ name: "joined", event: member });
        ack(
          this.isHostile && answer.members !== undefined
            ? { ...answer, members: this.#swapped(answer.members) }
            : answer,
        );
      });
    });
    socket.on("relay", (relay: { readonly sealed: Uint8Array }, ack: (answer: unknown) => void) => {
      this.#see(relay.sealed);
      upstream.emit("relay", relay, ack);
    });
    upstream.onAny((name: string, event: unknown) => this.#pass(tab, { name, event }));
  }

  #pass(tab: Tab, delivery: Delivery): void {
    if (!this.isHostile) {
      this.#send(tab, delivery, false);
      this.#keep(delivery);
      return;
    }
    const dice = this.#random();
    if (dice < 0.1)
      this.mischiefs++; // dropped
    else if (dice < 0.2) tab.held.push(delivery);
    else if (dice < 0.6) this.#send(tab, delivery, false);
    else if (dice < 0.62) for (let i = 0; i < 30; i++) this.#send(tab, this.#inventedFor(tab), true);
    else this.#send(tab, this.#inventedFor(tab, delivery), true);
    if (dice >= 0.2 && this.#random() < 0.3) for (const held of tab.held.splice(0)) this.#send(tab, held, true);
    this.#keep(delivery);
  }

  /** Out of `delivery`, or of any that came by before. */
  #inventedFor(tab: Tab, delivery = this.#oneOf(this.#kept)): Delivery {
    const member = this.#oneOf([...this.#members.values()]);
    const other = this.#oneOf([...this.#members.values()]);
    const stranger = `stranger-${Math.floor(this.#random() * 1e6)}`;
    const sealed = this.#oneOf(this.seen) ?? new Uint8Array(40);
    const inventions: readonly (() => Delivery)[] = [
      () => ({ name: delivery?.name ?? "relay", event: this.#altered(delivery?.event ?? {}) }),
      () => ({ name: "relay", event: { from: member?.peer ?? stranger, sealed } }),
      () => ({ name: "relay", event: { from: tab.peer, sealed } }),
      () => ({ name: "relay", event: { from: member?.peer, sealed: new TextEncoder().encode(JSON.stringify(OFFER)) } }),
      () => ({ name: "relay", event: { from: stranger, sealed: alterBytes(sealed, this.#random, this.seen) } }),
      () => ({ name: "joined", event: { peer: stranger, hello: other?.hello ?? sealed } }),
      () => ({ name: "joined", event: { peer: member?.peer ?? stranger, hello: other?.hello ?? sealed } }),
      () => ({ name: "left", event: { peer: stranger } }),
      () => ({ name: "relay", event: alterJson({ from: member?.peer, sealed: "x" }, this.#random) }),
    ];
    return (this.#oneOf(inventions) ?? inventions[0]!)();
  }

  #altered(event: unknown): unknown {
    if (typeof event !== "object" || event === null) return event;
    const changed = Object.entries(event).map(([key, value]: [string, unknown]) =>
      value instanceof Uint8Array ? [key, alterBytes(value, this.#random, this.seen)] : [key, value],
    );
    return Object.fromEntries(changed) as unknown;
  }

  #swapped(members: readonly Member[]): readonly Member[] {
    if (members.length > 1) this.mischiefs++;
    return members.map(({ peer }, i) => ({ peer, hello: members[(i + 1) % members.length]!.hello }));
  }

  #send(tab: Tab, { name, event }: Delivery, isMischief: boolean): void {
    if (isMischief) this.mischiefs++;
    tab.socket.emit(name, event);
  }

  #keep(delivery: Delivery): void {
    this.#kept.push(delivery);
    if (this.#kept.length > KEPT) this.#kept.shift();
  }

  #see(bytes: Uint8Array): void {
    this.seen.push(Uint8Array.from(bytes));
    if (this.seen.length > KEPT) this.seen.shift();
  }

  #oneOf<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }
}

function passOn(upstream: URL, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url = "/" } = incoming;
  const outgoing = request(
    new URL(url, upstream),
    { method, headers: { ...headers, host: upstream.host } },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on("error", () => response.destroy());
  incoming.pipe(outgoing);
}
