/** The page's own files in gzip, made when first asked for and kept: they are few, and a phone on Wi-Fi loads a third of the bytes. */
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { extname } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const COMPRESSIBLE = new Set([".html", ".js", ".mjs", ".css", ".json", ".svg", ".wasm", ".webmanifest"]);
/** Below it headers outweigh what is saved. */
const SMALLEST_BYTES = 1024;
/** Of all that is kept; the page's own files are a few MB. Beyond it files go as they are. */
const KEPT_BYTES = 64 << 20;

export class CompressedFiles {
  readonly #files = new Map<string, Promise<Buffer | null>>();
  #keptBytes = 0;

  /** Null: the file goes as it is. `version` changes when the file does. */
  async get(request: IncomingMessage, file: string, sizeBytes: number, version: string): Promise<Buffer | null> {
    if (!COMPRESSIBLE.has(extname(file)) || sizeBytes < SMALLEST_BYTES || request.headers.range !== undefined)
      return null;
    if (!acceptsGzip(request.headers["accept-encoding"])) return null;
    const key = `${file} ${version}`;
    const known = this.#files.get(key) ?? this.#compress(file);
    this.#files.set(key, known);
    return known;
  }

  async #compress(file: string): Promise<Buffer | null> {
    try {
      const compressed = await promisify(gzip)(await readFile(file));
      if (this.#keptBytes + compressed.length > KEPT_BYTES) return null;
      this.#keptBytes += compressed.length;
      return compressed;
    } catch {
      return null; // read again as it is, which says what is wrong
    }
  }
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  const codings = String(header ?? "").split(",");
  return codings.some((coding) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$)[\d.]+\s*)?$/i.test(coding));
}
