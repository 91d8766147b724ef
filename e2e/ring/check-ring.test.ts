import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkLayerSum, checkRing } from "./check-ring.ts";
import { readJson, runScenario, selectPrompts } from "./run.ts";
import { parse, Scenario, type ScenarioFields } from "./scenario.ts";

const prompts = [{ id: "a", text: "Hello" }];
const drafting = { layer: [{ floorMs: 1, rowMs: 0 }], draft: { floorMs: 1, rowMs: 0 } };
const scenario = (fields: Partial<ScenarioFields>) => parse(Scenario, { prompts, ...fields }, "test");

it.each([
  [{ tabs: 3, layers: [10, 20] }, "2 counts for 3 stages (donor 1, donor 2, donor 3)"],
  [{ tabs: 1, hostLayers: "both", layers: [30] }, "1 count for 3 stages (host, donor 1, host)"],
  [{ tabs: 2, hostLayers: "all", layers: [15, 15] }, "2 counts for 1 stage (host)"],
  [{ tabs: 0 }, "add --host-layers all"],
  [{ draft: "recorded" }, "needs draft"],
  [
    {
      draft: "recorded",
      devices: [
        { name: "host", time: drafting },
        { name: "a", time: drafting },
      ],
    },
    "give trace and shape",
  ],
  [{ acceptance: "typical", trace: "t.json" }, "have no probabilities"],
  [{ head: "last", draft: "medusa:heads.safetensors" }, "medusa heads sit beside the LM head"],
  [{ links: [{ medium: "air" }] }, "only simulated links"],
  [{ shape: { L: 4, D: 8 } }, "devices that all say their time"],
] as const)("%j is refused before any tab opens", async (fields, text) => {
  const refused = scenario(fields as Partial<ScenarioFields>);
  expect(() => checkRing(refused)).toThrow(text);
  await expect(runScenario(refused, { folder: ".", say: () => undefined })).rejects.toThrow(text);
});

it("counts that fit the ring must add up to the model's layers", () => {
  const fits = scenario({ tabs: 2, hostLayers: "first", layers: [10, 10, 10] });
  checkRing(fits);
  checkLayerSum(fits, 30);
  expect(() => checkLayerSum(fits, 24)).toThrow("10 + 10 + 10 is 30, but smollm2-135m-instruct has 24 layers");
  expect(() => checkLayerSum({ ...fits, shape: { L: 24, D: 64 } }, 24)).toThrow("the shape (L) has 24 layers");
});

it("two prompts of one id are refused, by both their places", () => {
  const twice = [...prompts, { id: "b", text: "x" }, { id: "a", text: "y" }];
  expect(() => selectPrompts(scenario({ prompts: twice }), ".")).toThrow('entries 1 and 3 both have the id "a"');
});

it("a prompts file that is not there, and one that is no JSON, are named", () => {
  const folder = mkdtempSync(join(tmpdir(), "prompts-"));
  expect(() => readJson(join(folder, "none.json"))).toThrow(/^There is no file .*none\.json\.$/);
  writeFileSync(join(folder, "half.json"), "[{");
  expect(() => readJson(join(folder, "half.json"))).toThrow(/half\.json is no JSON/);
  rmSync(folder, { recursive: true });
});
