import { expect, it } from "vitest";
import { factsOf } from "../../ring/model-facts.ts";
import { planScenario } from "../../ring/plan-scenario.ts";
import { KINDS, ringOf, SIMULATED } from "./devices.ts";
import { quietly, writtenScenario } from "./scenario-files.ts";

it.each(KINDS)("rings of 1 to 64 of $file can be planned, each device with a layer or more", async ({ file }) => {
  for (const count of SIMULATED) {
    const scenario = ringOf(writtenScenario(file), count);
    const facts = await factsOf(scenario, quietly.folder, quietly.say);
    const { stages } = planScenario(scenario, facts, [{ promptTokens: 2048, newTokens: 16 }]);
    expect(new Set(stages.map(({ device }) => device)).size).toBe(count);
    expect(stages.reduce((sum, { layers }) => sum + layers, 0)).toBe(scenario.shape?.L);
  }
});
