/** What drafters need of files. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { drafterOf } from "./drafters.ts";
import { modelFile } from "./run.ts";
import { ScenarioError, type Scenario } from "./scenario.ts";
import { modelPlace } from "./tabs.ts";

export interface DraftFiles {
  /** Folders for the server. */
  readonly models: readonly string[];
  /** What the harness's `start` takes besides. */
  readonly options: {
    readonly draft?: { readonly id: string; readonly title: string; readonly source: string };
    readonly medusa?: string;
  };
}

/** The draft model's file, fetched if need be, and that of Medusa heads. */
export async function draftFiles(
  { draft }: Pick<Scenario, "draft">,
  folder: string,
  say: (message: string) => void,
): Promise<DraftFiles> {
  const [model, medusa] = [drafterOf(draft, "model"), drafterOf(draft, "medusa")];
  const heads = medusa === null ? null : modelPlace(existing(resolve(folder, medusa)));
  const whole = model === null ? null : modelPlace(await modelFile({ model }, folder, say));
  return {
    models: [...(heads?.models ?? []), ...(whole?.models ?? [])],
    options: {
      ...(heads === null ? {} : { medusa: heads.url }),
      ...(whole === null || model === null ? {} : { draft: { id: model, title: model, source: whole.url } }),
    },
  };
}

function existing(path: string): string {
  if (!existsSync(path))
    throw new ScenarioError(`draft: there is no file ${path}. scripts/medusa/README.md says how heads are trained.`);
  return path;
}
