/** Worker entry: a draft model on a thread of its own, so that neither a frame nor the head ever waits for it. */
import { ModelDrafter } from "@jupiter/pipeline";
import { expose } from "comlink";
import type { DraftApi } from "./draft-api.ts";
import { DraftDesk } from "./draft-desk.ts";
import { DraftRunner } from "./draft-runner.ts";
import { setModelServer } from "./model-address.ts";
import { outcome } from "./outcome.ts";
import { byteSource } from "./weights.ts";

/** A host that has layers hears nothing while it computes: with one token a question, guesses came too late for every frame. */
const AHEAD = 3;
/** What is computed for nothing at most where a question is called back. */
const CHUNK_ROWS = 32;

let desk: DraftDesk | null = null;

function opened(): DraftDesk {
  if (desk === null) throw new TypeError("load comes before every question");
  return desk;
}

const api: DraftApi = {
  load: (order, told) =>
    outcome(async () => {
      setModelServer(order.server);
      const runner = await DraftRunner.load(byteSource(order.source), order, told);
      desk = new DraftDesk(new ModelDrafter(runner, { capacity: order.capacity, ahead: AHEAD, chunkRows: CHUNK_ROWS }));
      return runner.loaded;
    }),
  extend: (places, budget) => opened().extend(places, budget),
  callBack: () => opened().callBack(),
  forget: (branch) => opened().forget(branch),
};
expose(api);
