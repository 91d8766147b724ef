/**
 * The paper's task in tabs: six questions of 260 tokens and 64 shown ones on the four boards of its Env A, as the page answers them, with everything between question and
 * last shown token counted; EdgeShard's schedule in the same tabs, and the simulator's word on each. Texts and guesses are replayed, the boards emulated.
 */
import { runSchedules } from "@jupiter/simulator";
import { replay } from "../../ring/replay.ts";
import { modelFile, runScenario, type MeasuredCase } from "../../ring/run.ts";
import { modelPlace, TabRoom } from "../../ring/tabs.ts";
import type { Prompt, Scenario } from "../../ring/scenario.ts";
import {
  alone,
  edgeShard,
  isList,
  meanMs,
  PUBLISHED,
  readTask,
  simulateTask,
  type PaperTask,
  type TaskTime,
  WAYS,
} from "../../sim/task.ts";
import { row, type Row } from "../row.ts";
import type { Suite } from "../suite.ts";
import { quietly } from "./scenario-files.ts";

interface Compared {
  readonly outline: Scenario["outline"];
  readonly emulated: TaskTime;
  readonly simulated: TaskTime;
}

export const task: Suite = {
  name: "task",
  about:
    "The paper's task (260 prompt tokens, 64 shown ones) on four emulated Jetson Xavier NX at 100 Mbit/s: six questions as the page answers them, beside EdgeShard's schedule",
  minutes: { sampled: 4, full: 5 },
  async run({ browser, full, say: tell }) {
    const paper = readTask();
    const asked = paper.prompts.flatMap((prompt) =>
      waysOf(paper, prompt, full).map((outline) => ({ prompt, outline })),
    );
    const compared: Compared[] = [];
    const late = new Set<string>();
    const plans = new Set<string>();
    {
      const { models } = modelPlace(await modelFile(paper.scenario, quietly.folder, quietly.say));
      await using room = await TabRoom.open({ models, donors: paper.scenario.tabs, browser });
      for (const [i, { prompt, outline }] of asked.entries()) {
        tell(`${prompt.id}, outline ${outline}`, i / (asked.length + 2));
        const { run, cases } = await runScenario(alone(paper, prompt, outline), { ...quietly, room });
        const simulated = await simulateTask(paper, prompt, outline);
        if (run.emulation.some(({ isTooSlow }) => isTooSlow)) late.add(`${prompt.id} (outline ${outline})`);
        plans.add(run.plan.map(({ first, end }) => end - first).join(", "));
        compared.push({ outline, emulated: timeOf(paper, prompt, cases[0]!), simulated });
      }
    }
    tell("EdgeShard's schedule", asked.length / (asked.length + 2));
    const { schedules, network } = edgeShard(paper);
    const onPaperMs = runSchedules(schedules, network).marks.get("last token") ?? NaN;
    const { marks, lateShare } = await replay(edgeShard(paper).schedules, { ...network, browser });
    return {
      rows: [
        ...(["on", "off", "auto"] as const).flatMap((way) => wayRows(WAYS[way], bestOf(paper, compared, way))),
        seconds("EdgeShard's schedule: replayed", "replayed", [marks.get("last token") ?? NaN]),
        seconds("EdgeShard's schedule: simulated", "simulated", [onPaperMs]),
        ...compared.flatMap(({ outline, emulated, simulated }) => questionRows(outline, emulated, simulated)),
      ],
      floor: null,
      notes: [
        `Each question in a ring of its own, nothing of it cached. Layers: ${[...plans].join("; ")}. The texts were the recorded ones.`,
        `Jupiter's paper has ${PUBLISHED.jupiterMs / 1000} s, lossy, and ${PUBLISHED.edgeShardMs / 1000} s for EdgeShard. A list's shown tokens are those of its points, without titles.`,
        `At most ${(100 * lateShare).toFixed(1)} % of the schedule's messages were late.`,
        ...(late.size === 0 ? [] : [`Not valid, as this machine was late: ${[...late].join(", ")}.`]),
      ],
    };
  },
};

/** A question that the veto keeps from the router is the same in every way. */
function waysOf(paper: PaperTask, prompt: Prompt, full: boolean): readonly Scenario["outline"][] {
  if (!isList(paper, prompt)) return ["auto"];
  return full ? ["on", "off", "auto"] : ["on", "off"];
}

/** All questions, the lists in this way; none where they were not asked in it. */
function bestOf(paper: PaperTask, compared: readonly Compared[], outline: Scenario["outline"]): readonly Compared[] {
  const found = paper.prompts.flatMap((prompt) => {
    const way = isList(paper, prompt) ? outline : "auto";
    return compared.find((one) => one.emulated.id === prompt.id && one.outline === way) ?? [];
  });
  return found.length === paper.prompts.length ? found : [];
}

function timeOf(paper: PaperTask, { id }: Prompt, answer: MeasuredCase): TaskTime {
  const { output, outline, branches, timeToFirstTokenMs, decodeMs } = answer;
  const said: { part: string; tokens: readonly number[] }[] = [
    ...outline.map(({ name, output: tokens }) => ({ part: name, tokens })),
    ...(branches.length === 0 ? [{ part: "plain", tokens: output }] : []),
    ...branches.map(({ number, output: tokens }) => ({ part: `point ${number}`, tokens })),
  ];
  for (const { part, tokens } of said) {
    const recorded = paper.parts.get(id)?.find((one) => one.part === part);
    if (recorded?.greedy.join() !== tokens.join()) throw new Error(`${id}: ${part} got another text`);
  }
  const outlineMs = outline.find(({ name }) => name === "outline")?.endMs ?? null;
  return { id, ms: timeToFirstTokenMs + decodeMs, firstMs: timeToFirstTokenMs, outlineMs, shown: output.length };
}

function seconds(name: string, source: Row["source"], ms: readonly number[]): Row {
  return row(
    { name, unit: "s", source, better: "less" },
    ms.map((each) => each / 1000),
  );
}

function wayRows(name: string, compared: readonly Compared[]): Row[] {
  if (compared.length === 0) return [];
  const means = (of: "emulated" | "simulated") => [meanMs(compared.map((one) => one[of]))];
  return [
    seconds(`mean of six, ${name}`, "emulated", means("emulated")),
    seconds(`mean of six, ${name}, simulated`, "simulated", means("simulated")),
  ];
}

function questionRows(outline: Scenario["outline"], emulated: TaskTime, simulated: TaskTime): Row[] {
  const name = `${emulated.id}, outline ${outline}`;
  return [
    seconds(`${name}: to the last shown token`, "emulated", [emulated.ms]),
    seconds(`${name}: the same, simulated`, "simulated", [simulated.ms]),
    seconds(`${name}: to the first shown token`, "emulated", [emulated.firstMs]),
    ...(emulated.outlineMs === null ? [] : [seconds(`${name}: to the outline`, "emulated", [emulated.outlineMs])]),
    row({ name: `${name}: shown`, unit: "tokens", source: "replayed", better: "same", values: "exact" }, [
      emulated.shown,
    ]),
  ];
}
