import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClientToServer, ServerToClient } from "@jupiter/protocol";
import { SIGNALING_LIMITS } from "@jupiter/protocol";
import { Server } from "socket.io";
import { DEFAULT_ROOM_LIMITS, Rooms, type RoomLimits } from "./rooms.ts";
import { serveStatic, type StaticOptions } from "./static-files.ts";

export interface ServerOptions extends StaticOptions {
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  readonly limits?: Partial<RoomLimits>;
  /** Origins of pages served elsewhere that may use this server's rooms; a page from this server always may. */
  readonly origins?: readonly string[];
  /** Milliseconds, rising; tests bring their own clock. */
  readonly nowMs?: () => number;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Tells the tabs, then closes. */
  close(): Promise<void>;
}

/** Serves page, models and rooms. Rejects with Node's error (`EADDRINUSE`, `EACCES`) when the port cannot be had. */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const rooms = new Rooms({ ...DEFAULT_ROOM_LIMITS, ...options.limits }, options.nowMs ?? (() => performance.now()));
  const http = createHttpServer((request, response) => {
    answer(request, response, options, rooms).catch(() => response.destroy());
  });
  const io = new Server<ClientToServer, ServerToClient>(http, {
    maxHttpBufferSize: SIGNALING_LIMITS.sealedBytes + 4096,
    serveClient: false,
    cors: { origin: [...(options.origins ?? [])] },
    allowRequest: (request, callback) => {
      const allowed = originAllowed(request, options.origins ?? []);
      callback(allowed ? null : "origin", allowed);
    },
  });
  rooms.serve(io);
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port, options.host ?? "localhost", resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    port,
    async close() {
      io.emit("refused", {
        reason: "shutting-down",
        message: "The server is stopping; a running room goes on without it.",
      });
      await io.close(); // closes the HTTP server as well
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
  rooms: Rooms,
): Promise<void> {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Referrer-Policy", "no-referrer");
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
