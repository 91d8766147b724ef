/**
 * Between tabs and a server: lets bytes of models stand still half-way, breaks what is under way and refuses what comes, path by path, and counts. To tabs
 * it is the server, which goes and comes back.
 */
import { once } from "node:events";
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

export type Part = "models" | "signaling";

export class HaltingProxy implements AsyncDisposable {
  /** Of models, handed on to tabs; files' headers, which every start reads, do not count. */
  modelBytes = 0;
  readonly #target: number;
  readonly #server = createServer((request, response) => this.#handle(request, response));
  readonly #open = new Map<Socket, Part | null>();
  readonly #away = new Set<Part>();
  /** From so many bytes of models on, each answer stands still in its middle. */
  #haltsAfterBytes = Infinity;
  /** Lets those answers go on. */
  readonly #halted = new Set<() => void>();

  private constructor(targetPort: number) {
    this.#target = targetPort;
    this.#server.on("upgrade", (request, socket: Socket, head: Buffer) => this.#upgrade(request, socket, head));
  }

  static async before(server: { readonly port: number }): Promise<HaltingProxy> {
    const proxy = new HaltingProxy(server.port);
    await once(proxy.#server.listen(0, "127.0.0.1"), "listening");
    return proxy;
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Answers that stand still now. */
  get halted(): number {
    return this.#halted.size;
  }

  haltAfter(bytes: number): void {
    this.#haltsAfterBytes = bytes;
  }

  /** Breaks what is under way there, and answers nothing until it is back; of what is not there nothing stands still any more. */
  goAway(...parts: readonly Part[]): void {
    for (const part of parts) this.#away.add(part);
    for (const [socket, part] of this.#open) if (part !== null && this.#away.has(part)) socket.destroy();
    this.letAllGoOn();
  }

  letAllGoOn(): void {
    this.#haltsAfterBytes = Infinity;
    for (const goOn of this.#halted) goOn();
    this.#halted.clear();
  }

  comeBack(): void {
    this.#away.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open.keys()) socket.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** False: that part is away. */
  #admit(request: IncomingMessage): boolean {
    const part = partOf(request);
    if (part !== null && this.#away.has(part)) {
      request.socket.destroy();
      return false;
    }
    if (!this.#open.has(request.socket)) request.socket.once("close", () => this.#open.delete(request.socket));
    this.#open.set(request.socket, part);
    return true;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#admit(request)) return;
    const { method, url, headers } = request;
    const upstream = ask({ host: "localhost", port: this.#target, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      this.#pass(request, answer, response).catch(() => response.destroy());
    });
    upstream.on("error", () => response.destroy());
    response.on("close", () => upstream.destroy());
    request.pipe(upstream);
  }

  async #pass(request: IncomingMessage, answer: IncomingMessage, response: ServerResponse): Promise<void> {
    const isCounted = partOf(request) === "models" && !(request.headers.range ?? "bytes=0-").startsWith("bytes=0-");
    const halfBytes = Number(answer.headers["content-length"]) >> 1;
    const closed = once(response, "close");
    let sentBytes = 0;
    for await (const piece of answer as AsyncIterable<Buffer>) {
      sentBytes += piece.length;
      if (isCounted && this.modelBytes >= this.#haltsAfterBytes && sentBytes > halfBytes)
        await new Promise<void>((goOn) => this.#halted.add(goOn));
      if (response.destroyed) return;
      if (isCounted) this.modelBytes += piece.length;
      if (!response.write(piece)) await Promise.race([once(response, "drain"), closed]);
    }
    response.end();
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (!this.#admit(request)) return;
    const upstream = connect(this.#target, "localhost", () => {
      const lines = request.rawHeaders.flatMap((name, i, all) => (i % 2 === 0 ? [`${name}: ${all[i + 1] ?? ""}`] : []));
      upstream.write(`${request.method ?? "GET"} ${request.url ?? "/"} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  }
}

function partOf({ url = "" }: IncomingMessage): Part | null {
  if (url.startsWith("/socket.io/")) return "signaling";
  return url.startsWith("/models/") ? "models" : null;
}
