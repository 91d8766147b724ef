import { beforeAll, describe, expect, it } from "vitest";
import { isList, meanMs, PUBLISHED, readTask, taskStudy, taskTable, type TaskStudy } from "./task.ts";

describe("the paper's task on paper: 260 tokens of a question, 64 shown ones, four boards", () => {
  const task = readTask();
  let study: TaskStudy;
  beforeAll(async () => {
    study = await taskStudy();
  }, 300_000);

  it("has six questions of 260 tokens, of which two are answered by points", () => {
    expect(task.prompts.map(({ id }) => id)).toEqual(["code", "maths", "letter", "story", "volunteers", "money"]);
    const lengths = task.prompts.map(({ id, ids = [] }) => {
      expect(ids).toEqual(task.parts.get(id)?.find(({ part }) => part === "plain")?.promptIds);
      return ids.length;
    });
    expect(lengths.reduce((a, b) => a + b, 0) / 6).toBeCloseTo(260, -1);
    expect(task.prompts.filter((prompt) => isList(task, prompt)).map(({ id }) => id)).toEqual(["volunteers", "money"]);
  });

  it("shows at least 64 tokens of each; without an outline sooner than the paper, which is lossy, and in less than half of a plain pipeline's time", () => {
    for (const [, times] of study.times) for (const { shown } of times) expect(shown).toBeGreaterThanOrEqual(64);
    const exactMs = meanMs(study.times.get("off") ?? []);
    expect(exactMs).toBeLessThan(PUBLISHED.jupiterMs);
    expect(exactMs).toBeLessThan(study.edgeShardMs / 2);
    // What router and outline cost is more than 64 tokens win back.
    expect(meanMs(study.times.get("on") ?? [])).toBeLessThan(18_000);
    expect(study.edgeShardMs).toBeGreaterThan(0.85 * PUBLISHED.edgeShardMs);
    expect(taskTable(study)).toContain("EdgeShard's schedule");
  });
});
