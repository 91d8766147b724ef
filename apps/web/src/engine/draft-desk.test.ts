import type { BranchView, Draft } from "@jupiter/pipeline";
import { expect, it } from "vitest";
import { DraftDesk, RemoteDrafter } from "./draft-desk.ts";

/** Two ends with nothing between them, and a drafter that answers when told to. */
function desk() {
  const views: BranchView[] = [];
  const signals: AbortSignal[] = [];
  const forgotten: string[] = [];
  let answer: (drafts: readonly Draft[]) => void = () => undefined;
  const there = new DraftDesk({
    name: "model",
    extend(asked, _, { signal }) {
      views.push(...asked.map((view) => ({ ...view, certain: [...view.certain] })));
      signals.push(signal);
      return new Promise((resolve) => (answer = resolve));
    },
    forget: (branch) => forgotten.push(branch),
  });
  const sent: number[] = [];
  const here = new RemoteDrafter({
    extend(places, budget) {
      sent.push(...places.map(({ certain }) => certain.length));
      return there.extend(places, budget);
    },
    callBack: async () => there.callBack(),
    forget: async (branch) => there.forget(branch),
  });
  return { here, views, signals, forgotten, sent, answer: (drafts: readonly Draft[]) => answer(drafts) };
}

const DRAFTS: readonly Draft[] = [{ view: 0, after: -1, token: 7, probability: 0.5 }];

it("tokens of a text travel once, and the drafter sees all of it", async () => {
  const { here, views, sent, answer } = desk();
  const certain = [1, 2, 3];
  const { signal } = new AbortController();
  for (const drafted of [[], [4], [5]]) {
    const asked = here.extend([{ branch: "a", certain, drafted }], 4, { signal });
    answer(DRAFTS);
    expect(await asked).toEqual(DRAFTS);
    certain.push(...drafted);
  }
  expect(sent).toEqual([3, 0, 1]);
  expect(views.map(({ certain, drafted }) => [certain, drafted])).toEqual([
    [[1, 2, 3], []],
    [[1, 2, 3], [4]],
    [[1, 2, 3, 4], [5]],
  ]);
});

it("a text that was forgotten begins anew", async () => {
  const { here, sent, forgotten, answer } = desk();
  for (let i = 0; i < 2; i++) {
    const asked = here.extend([{ branch: "a", certain: [1, 2], drafted: [] }], 4, {
      signal: new AbortController().signal,
    });
    answer([]);
    await asked;
    here.forget("a");
  }
  here.forget("never asked about");
  expect(sent).toEqual([2, 2]);
  expect(forgotten).toEqual(["a", "a"]);
});

it("a question is called back while it is open, not the one after it", async () => {
  const { here, signals, answer } = desk();
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = here.extend([{ branch: "a", certain: [1], drafted: [] }], 4, { signal: first.signal });
  first.abort();
  expect(signals[0]?.aborted).toBe(true);
  answer([]);
  await asked;
  const again = here.extend([{ branch: "a", certain: [1], drafted: [] }], 4, { signal: second.signal });
  answer([]);
  await again;
  second.abort();
  expect(signals[1]?.aborted).toBe(false);
});
