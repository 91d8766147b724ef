/** What final norm, LM head and choice take on this device, by a made-up head of a part of the vocabulary. */
import type { ModelShape } from "@jupiter/model";
import { BEST_ONLY, type ScorePolicy } from "@jupiter/protocol";
import { HeadRunner } from "./head-runner.ts";
import { madeUpHead } from "./made-up-weights.ts";
import { typical, type ProfiledForm } from "./profile.ts";

/** `ms` for `rows` scored rows. */
export interface HeadTime {
  readonly rows: number;
  readonly ms: number;
}

const ROWS = [1, 4];
const REPEATS = 5;
/** Time grows with the vocabulary, and a whole one is 130 MB of a larger model: a sixth says the same. */
const VOCABULARY = 24_576;

export async function profileHead(shape: ModelShape, form: ProfiledForm): Promise<HeadTime[]> {
  const V = Math.min(shape.V, VOCABULARY);
  const inBlocks = form.kernels === true || form.backend === "webgpu";
  const head = await HeadRunner.create({ ...shape, V }, madeUpHead(shape, V, inBlocks), form);
  try {
    const times: HeadTime[] = [];
    for (const rows of ROWS) {
      const x = { wire: "f32", rows, hidden: shape.D, data: new Float32Array(rows * shape.D).fill(0.1) } as const;
      const policies = Array<ScorePolicy>(rows).fill(BEST_ONLY);
      const runs: number[] = [];
      // The first run of a size compiles shaders.
      for (let i = 0; i <= REPEATS; i++) {
        const { computeMs } = await head.score(x, policies);
        if (i > 0) runs.push(computeMs);
      }
      times.push({ rows, ms: (typical(runs) * shape.V) / V });
    }
    return times;
  } finally {
    await head.dispose();
  }
}
