import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { ClientToServer, ServerToClient } from "@jupiter/protocol";
import { SIGNALING_LIMITS } from "@jupiter/protocol";
import { Server as Engine } from "engine.io";
import { Server } from "socket.io";
import type { TlsIdentity } from "./certificates.ts";
import { policyFor } from "./content-security.mjs";
import { DEFAULT_ROOM_LIMITS, Rooms, type RoomLimits } from "./rooms.ts";
import { serveStatic, type StaticOptions } from "./static-files.ts";
import { renewEveryMs, type TurnServer } from "./turn.ts";

export interface ServerOptions extends StaticOptions {
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  /** Serves the same page and the same rooms over https as well. */
  readonly secure?: SecureOptions;
  readonly limits?: Partial<RoomLimits>;
  /** Origins of pages served elsewhere that may use this server's rooms; a page from this server always may. */
  readonly origins?: readonly string[];
  /** Members get credentials for it. */
  readonly turn?: TurnServer | null;
  /** Milliseconds, rising; tests bring their own clock. */
  readonly nowMs?: () => number;
}

export interface SecureOptions extends TlsIdentity {
  /** 0: any free port. */
  readonly port: number;
  /** All interfaces by default: other devices are what it is for. */
  readonly host?: string;
  /** PEM, given out as `/authority.crt`; null where the certificate is one that browsers trust anyway. */
  readonly authority: string | null;
  /** Names or addresses by which other devices reach this machine, the likeliest first. */
  readonly names: readonly string[];
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** For other devices, the likeliest first; empty without https. */
  readonly secureUrls: readonly string[];
  /** Tells the tabs, then closes. */
  close(): Promise<void>;
}

/** A port that could not be had: Node's error is the cause. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly port: number;
  readonly isSecure: boolean;
  readonly code: string;
  constructor(port: number, isSecure: boolean, cause: NodeJS.ErrnoException) {
    super(cause.message, { cause });
    this.port = port;
    this.isSecure = isSecure;
    this.code = cause.code ?? "";
  }
}

/** Serves page, models and rooms. Rejects `ListenError`. */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const { secure, turn = null } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  const rooms = new Rooms({ ...DEFAULT_ROOM_LIMITS, ...options.limits }, nowMs, turn);
  const lan: Lan = { authority: secure?.authority ?? null, origins: [] };
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response, options, rooms, lan).catch(() => response.destroy());
  };
  const http = createHttpServer(onRequest);
  const https = secure === undefined ? null : createHttpsServer({ key: secure.key, cert: secure.cert }, onRequest);
  // One engine for both, so that a room's members may come by either.
  const engine = new Engine({
    maxHttpBufferSize: SIGNALING_LIMITS.sealedBytes + 4096,
    // Whoever is refused below may read why; the rest of the answers go to those who are let in.
    cors: { origin: true },
    allowRequest: (request, callback) => {
      const allowed = originAllowed(request, options.origins ?? []);
      callback(allowed ? null : "origin", allowed);
    },
  });
  const io = new Server<ClientToServer, ServerToClient>({ serveClient: false });
  io.bind(engine);
  rooms.serve(io);
  const servers: HttpServer[] = https === null ? [http] : [http, https];
  for (const server of servers) engine.attach(server, { path: "/socket.io/" });
  const renewal = turn === null ? undefined : setInterval(() => rooms.renewTurn(), renewEveryMs(turn));
  const close = async () => {
    clearInterval(renewal);
    await io.close();
    await Promise.all(servers.map(closeServer));
  };
  try {
    const port = await listen(http, options.port, options.host ?? "localhost", false);
    if (https !== null && secure !== undefined) {
      const securePort = await listen(https, secure.port, secure.host, true);
      lan.origins = secure.names.map((name) => `https://${name}:${securePort}`);
    }
    return {
      url: `http://localhost:${port}/`,
      port,
      secureUrls: lan.origins.map((origin) => `${origin}/`),
      async close() {
        io.emit("refused", {
          reason: "shutting-down",
          message: "The server is stopping; a running room goes on without it.",
        });
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What pages may know of this server's place on the network. */
interface Lan {
  readonly authority: string | null;
  origins: readonly string[];
}

function listen(server: HttpServer, port: number, host: string | undefined, isSecure: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new ListenError(port, isSecure, error)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function closeServer(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // Tabs go on asking over connections that they have; each gets one more answer.
    server.prependListener("request", (_, response: ServerResponse) => response.setHeader("Connection", "close"));
    server.closeIdleConnections();
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
  rooms: Rooms,
  lan: Lan,
): Promise<void> {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Content-Security-Policy", policyFor(request.url ?? "/"));
  if (request.method === "OPTIONS" && request.url?.startsWith("/models/")) {
    response
      .writeHead(204, {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Headers": "Range",
        "Access-Control-Max-Age": "86400",
      })
      .end();
    return;
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { Allow: "GET, HEAD" }).end("Only GET and HEAD are answered here.\n");
    return;
  }
  if (request.url === "/healthz") {
    response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" });
    response.end(JSON.stringify({ ok: true, ...rooms.counts }));
    return;
  }
  if (request.url === "/lan") {
    response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" });
    response.end(JSON.stringify({ origins: lan.origins, hasAuthority: lan.authority !== null }));
    return;
  }
  if (request.url === "/authority.crt" && lan.authority !== null) {
    response.writeHead(200, {
      "Content-Type": "application/x-x509-ca-cert",
      "Content-Disposition": 'attachment; filename="jupiter-authority.crt"',
      "Cache-Control": "no-store",
    });
    response.end(lan.authority);
    return;
  }
  const { origin } = request.headers;
  if (request.url === "/models/" && origin !== undefined && originAllowed(request, options.origins ?? [])) {
    response.setHeader("Access-Control-Allow-Origin", origin);
  }
  if (!(await serveStatic(request, response, options))) {
    response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" }).end("There is no such file here.\n");
  }
}

/** Same host, a listed origin, or no browser at all (no Origin header). */
function originAllowed(request: IncomingMessage, origins: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || origins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
