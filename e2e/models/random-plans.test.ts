/** SmolLM2-135M under whatever plans the planner makes: golden ids fed, every step's own choice compared. In this process, on the page's kernels. */
import { beforeAll, expect, it } from "vitest";
import { fetchModel } from "../../scripts/models.mjs";
import { compareForced, goldenCases, goldenReference, TIE_MARGINS } from "../golden-check.ts";
import { KernelModel, KernelRing, planned } from "../kernel-ring.ts";
import { planInWords, randomPlans } from "../random-plans.ts";

const CASES = goldenCases("smollm2-135m-instruct-q4_1").filter(({ id }) =>
  ["capital", "multi-turn", "long"].includes(id),
);
const PLANS = randomPlans({ L: 30, donors: [1, 6], count: 16, seed: 7 });
let model: KernelModel;

beforeAll(async () => {
  model = await KernelModel.openFile(await fetchModel("smollm2-135m-instruct"));
});

it.each(PLANS.map((plan, i) => [`${i}: ${planInWords(plan)}`, plan] as const))("plan %s", async (_, plan) => {
  await using ring = await KernelRing.start(model, planned(plan, { capacity: 1024, wire: "f32" }));
  for (const golden of CASES) {
    const { id, ids, greedy } = golden;
    const question = { ids, maxTokens: greedy.length, stopIds: model.tokenizer.eosIds, force: greedy };
    const answer = await ring.ask({ conversation: id, ...question });
    expect(compareForced({ id, ...answer }, goldenReference(golden), TIE_MARGINS.golden).faults).toEqual([]);
    if (id === "long") continue;
    // All but the last token is there already.
    const again = await ring.ask({ conversation: id, ...question });
    expect(again.reusedTokens).toBe(ids.length - 1);
    expect(compareForced({ id, ...again }, goldenReference(golden), TIE_MARGINS.golden).faults).toEqual([]);
  }
});
