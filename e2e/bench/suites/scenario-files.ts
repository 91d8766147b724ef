/** The scenarios of `e2e/bench/scenarios`, as suites take and change them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ScenarioFields } from "../../ring/scenario.ts";

/** Paths of scenarios are relative to it. */
const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What runs and models are asked with: a suite's own bar says where it is. */
export const quietly = { folder: root, say: () => undefined };

/** As written, defaults left out; whoever has changed it lets `parse` check the whole. */
export function writtenScenario(name: string): ScenarioFields {
  return JSON.parse(readFileSync(`${root}/e2e/bench/scenarios/${name}.json`, "utf8")) as ScenarioFields;
}
