/** What a scenario asks of a ring of tabs and no ring can be: found before anything is fetched, built or opened. */
import { checkAcceptance, checkDrafters, drafterNames } from "./drafters.ts";
import { ScenarioError, type Scenario } from "./scenario.ts";

/** Throws `ScenarioError`. */
export function checkRing(scenario: Scenario): void {
  const { tabs, hostLayers, head, layers, devices, shape, links, draft } = scenario;
  if (tabs === 0 && hostLayers !== "all")
    throw new ScenarioError("tabs: without donors the host has every layer; add --host-layers all, or a donor.");
  if (shape !== undefined && devices?.some(({ time }) => time === undefined) !== false)
    throw new ScenarioError("shape: a model that is not there needs devices that all say their time.");
  if (head !== "host" && drafterNames(draft).includes("medusa"))
    throw new ScenarioError("draft: medusa heads sit beside the LM head on the host; leave --head out, or them.");
  checkDrafters(scenario);
  checkAcceptance(scenario);
  if (links.some(({ medium }) => medium !== undefined))
    throw new ScenarioError("medium: only simulated links share one; tabs do not know of each other's.");
  const stages = stagesOf(scenario);
  if (layers !== undefined && layers.length !== stages.length)
    throw new ScenarioError(
      `layers: ${layers.length === 1 ? "1 count" : `${layers.length} counts`} for ${stages.length === 1 ? "1 stage" : `${stages.length} stages`} ` +
        `(${stages.join(", ")}). Give one count a stage, in ring order, or leave --layers out for an automatic split.`,
    );
}

/** `modelLayers`: how many the model has. Throws `ScenarioError`. */
export function checkLayerSum(
  { layers, model, shape }: Pick<Scenario, "layers" | "model" | "shape">,
  modelLayers: number,
): void {
  if (layers === undefined) return;
  const sum = layers.reduce((a, b) => a + b, 0);
  if (sum === modelLayers) return;
  throw new ScenarioError(
    `layers: ${layers.join(" + ")} is ${sum}, but ${shape === undefined ? model : "the shape (L)"} has ${modelLayers} layers. Change the counts so that they add up, or leave layers out.`,
  );
}

/** The ring's stages, in words, the first first. */
function stagesOf({ tabs, hostLayers }: Scenario): readonly string[] {
  if (hostLayers === "all") return ["host"];
  const first = hostLayers === "first" || hostLayers === "both" ? ["host"] : [];
  const last = hostLayers === "last" || hostLayers === "both" ? ["host"] : [];
  return [...first, ...Array.from({ length: tabs }, (_, i) => `donor ${i + 1}`), ...last];
}
