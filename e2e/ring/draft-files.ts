/** What drafters need of files. */
import { drafterOf } from "./drafters.ts";
import { modelFile } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { modelPlace } from "./tabs.ts";

export interface DraftFiles {
  /** Folders for the server. */
  readonly models: readonly string[];
  /** What the harness's `start` takes besides. */
  readonly options: { readonly draft?: { readonly id: string; readonly title: string; readonly source: string } };
}

/** The draft model's file, fetched if need be. */
export async function draftFiles(
  { draft }: Pick<Scenario, "draft">,
  folder: string,
  say: (message: string) => void,
): Promise<DraftFiles> {
  const model = drafterOf(draft, "model");
  if (model === null) return { models: [], options: {} };
  const { models, url } = modelPlace(await modelFile({ model }, folder, say));
  return { models, options: { draft: { id: model, title: model, source: url } } };
}
