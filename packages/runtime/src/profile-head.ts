/** What final norm, LM head and choice take on this device, by a made-up head of a part of the vocabulary. */
import type { ModelShape } from "@jupiter/model";
import { BEST_ONLY, type ScorePolicy } from "@jupiter/protocol";
import { HeadRunner } from "./head-runner.ts";
import { unpacks } from "./ladder.ts";
import { madeUpHead } from "./made-up-weights.ts";
import { typical, type ProfiledForm } from "./profile.ts";

/** `ms` for `rows` scored rows. */
export interface HeadTime {
  readonly rows: number;
  readonly ms: number;
}

const ROWS = [1, 4];
const REPEATS = 5;
/** A whole vocabulary is 130 MB of a larger model. Time grows straight with it, from what a run takes anyway, which on a GPU is nearly all. */
const VOCABULARIES = [6_144, 24_576];

export async function profileHead(shape: ModelShape, form: ProfiledForm): Promise<HeadTime[]> {
  const sizes = VOCABULARIES.map((V) => Math.min(shape.V, V));
  const [few, many] = [await timesOf(shape, sizes[0]!, form), await timesOf(shape, sizes[1]!, form)];
  const beyond = shape.V - sizes[1]!;
  return ROWS.map((rows, i) => {
    const perId = sizes[0] === sizes[1] ? 0 : Math.max(0, (many[i]! - few[i]!) / (sizes[1]! - sizes[0]!));
    return { rows, ms: many[i]! + beyond * perId };
  });
}

/** Of a head of so many ids, for each number of rows. */
async function timesOf(shape: ModelShape, V: number, form: ProfiledForm): Promise<number[]> {
  const inBlocks = !unpacks(form);
  const head = await HeadRunner.create({ ...shape, V }, madeUpHead(shape, V, inBlocks), form);
  try {
    const times: number[] = [];
    for (const rows of ROWS) {
      const x = { wire: "f32", rows, hidden: shape.D, data: new Float32Array(rows * shape.D).fill(0.1) } as const;
      const policies = Array<ScorePolicy>(rows).fill(BEST_ONLY);
      const runs: number[] = [];
      // The first run of a size compiles shaders.
      for (let i = 0; i <= REPEATS; i++) {
        const { computeMs } = await head.score(x, policies);
        if (i > 0) runs.push(computeMs);
      }
      times.push(typical(runs));
    }
    return times;
  } finally {
    await head.dispose();
  }
}
