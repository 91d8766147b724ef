/** SHA-256 of the tensors of files that a person chose: each computed once while the page lives, before donors are told of it. */
import type { Checkpoint } from "@jupiter/model";
import { EngineError, type Engine } from "../engine/engine.ts";

export class FileHashes {
  readonly #known = new WeakMap<File, Map<string, string>>();

  /** The open model's checkpoint, with the hash of every tensor that `isWanted`. Rejects `EngineError`. */
  async fill(
    engine: Engine,
    file: File,
    checkpoint: Checkpoint,
    isWanted: (name: string) => boolean,
  ): Promise<Checkpoint> {
    const known = this.#known.get(file) ?? new Map<string, string>();
    this.#known.set(file, known);
    const names = checkpoint.tensors.map(({ name }) => name).filter((name) => isWanted(name) && !known.has(name));
    if (names.length > 0) {
      const hashed = await engine.api.hashTensors(names);
      if (!hashed.ok) throw new EngineError(hashed.reason, hashed.message);
      for (const { name, sha256 } of hashed.value) if (sha256 !== null) known.set(name, sha256);
    }
    const tensors = checkpoint.tensors.map((entry) => ({ ...entry, sha256: known.get(entry.name) ?? entry.sha256 }));
    return { ...checkpoint, tensors };
  }
}
