/** The tiny checkpoint as a file, and what a harness is told to start and to ask with it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GREEDY } from "@jupiter/pipeline";
import { tinyCheckpoint } from "@jupiter/testkit";
import type { Harness } from "../apps/web/src/harness.ts";
import { modelPlace } from "./ring/tabs.ts";

export interface TinyModel extends Disposable {
  /** For `createServer`. */
  readonly models: readonly string[];
  readonly start: Parameters<Harness["start"]>[0];
  readonly question: Parameters<Harness["ask"]>[0];
}

export function tinyModel(): TinyModel {
  const folder = mkdtempSync(join(tmpdir(), "jupiter-tiny-"));
  const file = join(folder, "tiny.gguf");
  writeFileSync(file, tinyCheckpoint());
  const { models, url } = modelPlace(file);
  return {
    models,
    start: {
      ...{ model: { id: "tiny", title: "tiny", source: url }, hostLayers: "first" },
      compute: { backend: "wasm", threads: 1 },
      ...{ wire: "f32", capacity: 64, arenas: 1, chunkRows: 16, maxInFlight: 2 },
    },
    question: {
      ...{ id: "a", conversation: "a", prompt: { kind: "text", text: "hello" }, maxTokens: 4, stop: [] },
      policy: GREEDY,
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
