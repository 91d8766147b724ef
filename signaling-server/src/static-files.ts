/** Files of the built page and of the model folders: byte ranges, strong caching, cross-origin isolation. Only models are listed. */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, extname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { CompressedFiles } from "./compressed-files.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};
/** Addresses that people type. */
const PAGES: Readonly<Record<string, string>> = { "/": "index.html", "/trust": "trust.html" };
const compressed = new CompressedFiles();
const FOREVER = "public, max-age=31536000, immutable";

export interface StaticOptions {
  /** The built page. */
  readonly page: string;
  /** Folders, and single files, searched in this order for `/models/NAME`. */
  readonly models: readonly string[];
}

/** One entry of the answer to `/models/`. */
interface ListedModel {
  readonly file: string;
  readonly sizeBytes: number;
  /** Names this version of the file, so that browsers may keep its bytes for good. */
  readonly url: string;
}

/** Answers GET and HEAD; false: no such file, the caller answers 404. */
export async function serveStatic(
  request: IncomingMessage,
  response: ServerResponse,
  options: StaticOptions,
): Promise<boolean> {
  const path = decodedPath(request.url ?? "/");
  if (path === null) return false;
  if (path === "/models/") {
    response.writeHead(200, {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-store",
      "Cross-Origin-Resource-Policy": "cross-origin",
    });
    response.end(JSON.stringify(await listModels(options.models)));
    return true;
  }
  const model = /^\/models\/([^/\\]+)$/.exec(path)?.[1];
  const candidates =
    model !== undefined
      ? options.models.map((place) => (basename(place) === model ? resolve(place) : within(place, model)))
      : [within(options.page, PAGES[path] ?? `.${path}`)];
  for (const file of candidates) {
    if (file === null) continue;
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) continue;
    response.setHeader("Cache-Control", model !== undefined || path.startsWith("/assets/") ? FOREVER : "no-cache");
    if (model !== undefined) {
      // Pages served from elsewhere may fetch weights from here; they are public and read without credentials.
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.setHeader("Access-Control-Expose-Headers", "Content-Range, Content-Length, ETag");
      response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
    }
    const version = `${found.size.toString(36)}-${Math.trunc(found.mtimeMs).toString(36)}`;
    const inGzip = model === undefined ? await compressed.get(request, file, found.size, version) : null;
    if (model === undefined) response.setHeader("Vary", "Accept-Encoding");
    response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
    if (inGzip === null) await sendFile(request, response, file, found.size, `"${version}"`);
    else sendCompressed(request, response, inGzip, `"${version}-gzip"`);
    return true;
  }
  return false;
}

async function listModels(places: readonly string[]): Promise<ListedModel[]> {
  const listed = new Map<string, ListedModel>();
  for (const place of places) {
    const names = (await readdir(place).catch(() => null))?.filter((name) => name.endsWith(".gguf")) ?? [""];
    for (const name of names.sort()) {
      const path = join(place, name);
      const found = await stat(path).catch(() => null);
      const file = basename(path);
      if (!found?.isFile() || listed.has(file)) continue;
      const version = Math.trunc(found.mtimeMs).toString(36);
      listed.set(file, { file, sizeBytes: found.size, url: `/models/${encodeURIComponent(file)}?v=${version}` });
    }
  }
  return [...listed.values()];
}

function sendCompressed(request: IncomingMessage, response: ServerResponse, body: Buffer, etag: string): void {
  response.setHeader("ETag", etag);
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: string,
  sizeBytes: number,
  etag: string,
): Promise<void> {
  response.setHeader("Accept-Ranges", "bytes");
  response.setHeader("ETag", etag);
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304).end();
    return;
  }
  const ifRange = request.headers["if-range"];
  const wanted = ifRange === undefined || ifRange === etag ? request.headers.range : undefined;
  const range = wanted === undefined ? null : parseRange(wanted, sizeBytes);
  if (range === "unsatisfiable") {
    response.writeHead(416, { "Content-Range": `bytes */${sizeBytes}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
  response.setHeader("Content-Length", end - start + 1);
  if (range !== null) response.setHeader("Content-Range", `bytes ${start}-${end}/${sizeBytes}`);
  response.writeHead(range === null ? 200 : 206);
  if (request.method === "HEAD" || sizeBytes === 0) {
    response.end();
    return;
  }
  await pipeline(createReadStream(file, { start, end }), response).catch(() => {
    // The reader went away in mid-file; the stream is closed and nobody is left to be told.
  });
}

/** One range as RFC 9110 has it; null: not a form we answer with a part (several ranges, other units), the whole file is sent. */
function parseRange(header: string, sizeBytes: number): { start: number; end: number } | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header);
  if (match === null || (match[1] === "" && match[2] === "")) return null;
  const first = match[1] === "" ? Math.max(0, sizeBytes - Number(match[2])) : Number(match[1]);
  const last = match[1] === "" || match[2] === "" ? sizeBytes - 1 : Math.min(Number(match[2]), sizeBytes - 1);
  return first > last || first >= sizeBytes ? "unsatisfiable" : { start: first, end: last };
}

function decodedPath(url: string): string | null {
  try {
    const path = decodeURIComponent(url.split(/[?#]/)[0] ?? "/");
    // What a file is allowed, and how long it is kept, goes by where it lies: no path leads elsewhere than it says.
    return path.includes("\0") || /(^|[\\/])\.\.([\\/]|$)/.test(path) ? null : path;
  } catch {
    return null;
  }
}

/** The path below `folder`, or null where it would leave it or names a dot file. */
function within(folder: string, path: string): string | null {
  const root = resolve(folder);
  const file = resolve(join(root, path));
  const hidden = file
    .slice(root.length)
    .split(sep)
    .some((part) => part.startsWith("."));
  return file.startsWith(root + sep) && !hidden ? file : null;
}
