/** A whole model on this thread: what it finds likeliest after the rows of its token tree. */
import { ModelError, readGguf, withHashes, type ByteSource } from "@jupiter/model";
import { pickRows, type Candidate, type DraftModel, type DraftRun, type Embedding } from "@jupiter/pipeline";
import { BEST_ONLY } from "@jupiter/protocol";
import { buildStage, HeadRunner, type StageRunner } from "@jupiter/runtime";
import { ladder } from "@jupiter/runtime/ladder";
import type { LoadedShare } from "./api.ts";
import type { DraftOrder } from "./draft-api.ts";
import { soon } from "./soon.ts";
import { isSameVocabulary, vocabularyOf } from "./vocabulary.ts";
import { weightForm, weightSource, type WeightPorts } from "./weights.ts";

export class DraftRunner implements DraftModel {
  readonly loaded: LoadedShare;
  readonly #stage: StageRunner;
  readonly #head: HeadRunner;
  readonly #embedding: Embedding;

  private constructor(loaded: LoadedShare, stage: StageRunner, head: HeadRunner, embedding: Embedding) {
    this.loaded = loaded;
    this.#stage = stage;
    this.#head = head;
    this.#embedding = embedding;
  }

  /**
   * On wasm wherever the ring's layers are computed: a graphics processor that serves them is not to be kept waiting. Rejects 'unsupported' for a model whose tokens are
   * others, before its weights are fetched.
   */
  static async load(
    source: ByteSource,
    { id, capacity, vocabulary }: Pick<DraftOrder, "id" | "capacity" | "vocabulary">,
    ports: WeightPorts,
  ): Promise<DraftRunner> {
    const { checkpoint: found, metadata } = await readGguf(source, id);
    if (!isSameVocabulary(vocabularyOf(metadata), vocabulary)) {
      const text = `${id} has other tokens than the model that answers, so it cannot guess for it. Choose a smaller model of the same family.`;
      throw new ModelError("unsupported", text);
    }
    const checkpoint = await withHashes(found);
    const { shape } = checkpoint;
    const [rung] = ladder("wasm", false);
    if (rung === undefined) throw new RangeError("there is a way to compute on wasm");
    const share = { layers: [{ first: 0, end: shape.L }], head: true, embedding: true };
    const weights = await weightSource(checkpoint, source, share, ports);
    const form = weightForm(rung);
    const how = { backend: rung.backend, type: "float", kernels: rung.kernels } as const;
    const rows = await weights.embedding();
    const head = await HeadRunner.create(shape, await weights.head(form), how);
    const stage = await buildStage(shape, weights.layerGroups(0, shape.L, form), { ...how, maxSlots: capacity });
    const { fetchedBytes } = weights;
    const loaded = { fetchedBytes, memoryBytes: stage.memoryBytes, inPlace: stage.inPlace };
    return new DraftRunner(loaded, stage, head, (ids) => ({
      wire: "f32",
      rows: ids.length,
      hidden: shape.D,
      data: rows([...ids]),
    }));
  }

  async run({ commands, rows, tokenIds }: DraftRun): Promise<readonly (readonly Candidate[])[]> {
    for (const command of commands) this.#stage.apply(command);
    const { result } = await this.#stage.forward(this.#embedding(tokenIds), rows);
    const wanted = [...rows.wanted.keys()].filter((row) => rows.wanted[row] === 1);
    const policies = wanted.map(() => BEST_ONLY);
    const scores = wanted.length === 0 ? [] : (await this.#head.score(pickRows(result, wanted), policies)).result;
    await new Promise<void>(soon);
    return scores.map(({ best }) => best);
  }
}
