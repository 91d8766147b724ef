/** A host of static files as simple as they come: knows nothing of rooms, sends the headers that it is told to send. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

export interface StaticHost extends AsyncDisposable {
  readonly origin: string;
}

/** Serves `folder` below `/ring/`. */
export async function staticHost(folder: string, headers: Readonly<Record<string, string>> = {}): Promise<StaticHost> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://host");
    const path = /^\/ring\/(.*)$/.exec(normalize(pathname))?.[1];
    const name = path === "" ? "index.html" : path;
    (name === undefined ? Promise.reject(new Error("not here")) : readFile(join(folder, name))).then(
      (bytes) =>
        response
          .writeHead(200, { "Content-Type": TYPES[extname(name ?? "")] ?? "application/octet-stream", ...headers })
          .end(bytes),
      () => response.writeHead(404).end("not here"),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
