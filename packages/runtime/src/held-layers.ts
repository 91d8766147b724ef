/** Layers that a stage leaves to the next one of the same model, when the ring is planned anew: what both have is loaded once. */
import type { Executor } from "./executor.ts";
import { KernelExecutor } from "./kernels/kernel-executor.ts";
import type { StageRunner } from "./stage-runner.ts";
import { isInSessions, type LoadedSession } from "./wasm-executor.ts";

/** Of a model's decoder layers, `first` (inclusive) to `end` (exclusive). */
export interface LayerSpan {
  readonly first: number;
  readonly end: number;
}

/** What a new stage is built around; it belongs to whoever builds. */
export interface KeptLayers {
  readonly layers: LayerSpan;
  readonly form: KernelExecutor | readonly LoadedSession[];
}

export class HeldLayers {
  readonly layers: LayerSpan;
  readonly #executor: Executor;

  private constructor(executor: Executor, layers: LayerSpan) {
    this.#executor = executor;
    this.layers = layers;
  }

  /** Ends the stage; its caches are freed. */
  static async of(stage: StageRunner, layers: LayerSpan): Promise<HeldLayers> {
    return new HeldLayers(await stage.handOver(), layers);
  }

  /** Frees all but what a stage with the layers of `wanted` can go on with; null: that is nothing. This is at its end. */
  async keep(wanted: LayerSpan): Promise<KeptLayers | null> {
    const executor = this.#executor;
    const first = Math.max(this.layers.first, wanted.first);
    const end = Math.min(this.layers.end, wanted.end);
    if (first < end && executor instanceof KernelExecutor) {
      executor.keepOnly(first - this.layers.first, end - this.layers.first);
      return { layers: { first, end }, form: executor };
    }
    if (first < end && isInSessions(executor)) {
      const inside = spansOf(executor.sessions, this.layers.first).filter((at) => at.first >= first && at.end <= end);
      await executor.endBut(inside.map(({ loaded }) => loaded));
      const [from, to] = [inside[0], inside.at(-1)];
      if (from === undefined || to === undefined) return null;
      return { layers: { first: from.first, end: to.end }, form: inside.map(({ loaded }) => loaded) };
    }
    await executor.dispose();
    return null;
  }

  dispose(): Promise<void> {
    return this.#executor.dispose();
  }
}

/** A session's layers are kept or freed together. */
function spansOf(sessions: readonly LoadedSession[], start: number) {
  let end = start;
  return sessions.map((loaded) => {
    const first = end;
    end += loaded.layers;
    return { loaded, first, end };
  });
}
