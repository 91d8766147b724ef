/** What a stage refuses before anything has changed; what it computes is tested in browsers. */
import type { ModelShape } from "@jupiter/model";
import { ROOT, type RowTable } from "@jupiter/protocol";
import { expect, it } from "vitest";
import type { Executor } from "./executor.ts";
import { StageRunner } from "./stage-runner.ts";

const D = 4;
const dims = { L: 1, D, F: 4, H: 1, K: 1, E: 4, V: 8 };
const shape: ModelShape = { architecture: "llama", ...dims, ropeBase: 10000, rmsEpsilon: 1e-5, contextLength: 64 };
const one = { wire: "f32", rows: 1, hidden: D, data: new Float32Array(D) } as const;

const firstRow = (arena: number): RowTable => ({
  ...{ arena, base: 0, positions: Int32Array.of(0) },
  ...{ parents: Int32Array.of(ROOT), wanted: Uint8Array.of(0) },
});

function stageOf(maxArenas: number): { readonly stage: StageRunner; readonly reserved: ReadonlySet<number> } {
  const reserved = new Set<number>();
  const executor: Executor = {
    run: async ({ T }) => new Float32Array(T * D),
    dispose: async () => undefined,
    reserve: (arena) => void reserved.add(arena),
    copyRows: () => undefined,
    free: (arena) => void reserved.delete(arena),
    memoryBytes: 0,
    inPlace: true,
  };
  return { stage: new StageRunner(shape, executor, { maxSlots: 8, maxArenas, maxRows: 8 }), reserved };
}

it("rows for more arenas than the plan announced are refused, dead or alive, and take no memory", async () => {
  const { stage, reserved } = stageOf(2);
  await stage.forward(one, firstRow(7));
  stage.skip(firstRow(9));
  const message = "Rows came for arena 3, but open are 7, 9 of at most 2; one must be freed first.";
  await expect(stage.forward(one, firstRow(3))).rejects.toMatchObject({ reason: "bad-frame", message });
  expect(() => stage.skip(firstRow(3))).toThrow(message);
  expect([...reserved]).toEqual([7, 9]);
  stage.apply({ kind: "free", arena: 7 });
  await stage.forward(one, firstRow(3));
  expect([...reserved]).toEqual([9, 3]);
});
