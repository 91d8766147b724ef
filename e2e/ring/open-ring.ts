/** A ring of tabs that several questions are put to, each in a conversation of its own. */
import { fileURLToPath } from "node:url";
import type { DecodingChoice } from "@jupiter/pipeline";
import type { Browser } from "playwright";
import type { Harness } from "../../apps/web/src/harness.ts";
import { draftFiles } from "./draft-files.ts";
import { askCase, checkDraft, modelFile, resultOf, ringOptions, type CaseResult } from "./run.ts";
import { parse, Scenario, type Prompt, type ScenarioFields } from "./scenario.ts";
import { modelPlace, TabRoom } from "./tabs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export type ReadyRing = Extract<ReturnType<Harness["ring"]>, { kind: "ready" }>;

type RingFields = Omit<ScenarioFields, "prompts" | "cases" | "force">;

export interface OpenRing extends AsyncDisposable {
  readonly room: TabRoom;
  /** Of the last start. */
  readonly ring: ReadyRing;
  /** `force`: ids to feed instead of what is chosen. `decoding`: another than the ring's. */
  ask(prompt: Prompt, force?: readonly number[], decoding?: DecodingChoice): Promise<CaseResult>;
  /** Another ring of the same tabs. */
  restart(changes: RingFields): Promise<void>;
}

/** Rejects with what went wrong in whichever tab, everything closed again. A browser that was given stays open. */
export async function openRing(
  fields: RingFields,
  browser?: Browser,
  tabs: Pick<Parameters<typeof TabRoom.open>[0], "init" | "through"> = {},
): Promise<OpenRing> {
  let scenario = parse(Scenario, { ...fields, prompts: "none" }, "scenario");
  const { models, url } = modelPlace(await modelFile(scenario, root, console.error));
  /** Restarts may name another one in the same folders. */
  const draft = () => draftFiles(scenario, root, console.error);
  const room = await TabRoom.open({
    ...tabs,
    models: [...models, ...(await draft()).models],
    donors: scenario.tabs,
    ...(browser === undefined ? {} : { browser }),
  });
  const start = async (): Promise<ReadyRing> => {
    const ring = await room.start({ ...ringOptions(scenario, url), ...(await draft()).options });
    if (ring.kind !== "ready") throw new Error("message" in ring ? ring.message : "the ring did not start");
    await checkDraft(room);
    return ring;
  };
  try {
    let ring = await start();
    return {
      room,
      get ring() {
        return ring;
      },
      ask: async (prompt, force, decoding) =>
        resultOf(prompt.id, await askCase(room, scenario, prompt, force, decoding)),
      async restart(changes) {
        scenario = parse(Scenario, { ...fields, ...changes, prompts: "none" }, "scenario");
        ring = await start();
      },
      [Symbol.asyncDispose]: () => room[Symbol.asyncDispose](),
    };
  } catch (error) {
    await room[Symbol.asyncDispose]();
    throw error;
  }
}
