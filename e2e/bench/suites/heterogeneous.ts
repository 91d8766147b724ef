/** Devices of unlike speed: the planner's split against equal shares, with emulated devices, and with a real tab that is slowed down. */
import { cpus } from "node:os";
import { factsOf } from "../../ring/model-facts.ts";
import { cuttingOf, foretell, planScenario } from "../../ring/plan-scenario.ts";
import { profiled } from "../../ring/profiled.ts";
import { namesOf } from "../../ring/report.ts";
import { asPlanned, askCase, modelFile, ringOptions, runScenario } from "../../ring/run.ts";
import { parse, Scenario } from "../../ring/scenario.ts";
import { modelPlace, TabRoom } from "../../ring/tabs.ts";
import { SlowedTab } from "../../slowed-tab.ts";
import { alternate } from "../alternate.ts";
import { ratio, row, type Row } from "../row.ts";
import type { Suite, SuiteContext, SuiteResult } from "../suite.ts";
import { evenShares, goldenPrompt } from "./bench-ring.ts";
import { quietly, writtenScenario } from "./scenario-files.ts";

const FILE = "uneven";
/** Of the real tab that is slowed down. */
const FACTOR = 3;

export const heterogeneous: Suite = {
  name: "heterogeneous",
  about:
    "One device three times slower than the others: the planner's split against equal shares, prompts cut by the plan in both",
  minutes: { sampled: 3, full: 5 },
  async run(context) {
    const emulated = await emulatedPart(context);
    const real = await realPart(context);
    return {
      rows: [...emulated.rows, ...real.rows],
      floor: Math.max(emulated.floor ?? 0, real.floor ?? 0),
      notes: [...emulated.notes, ...real.notes],
    };
  },
};

type Part = SuiteResult;

const SPLITS = ["planned", "equal"] as const;

async function emulatedPart(context: SuiteContext): Promise<Part> {
  const written = writtenScenario(FILE);
  const planned = parse(Scenario, written, FILE);
  const layers = evenShares(planned.shape?.L ?? 0, planned.tabs);
  const scenarios = { planned, equal: parse(Scenario, { ...written, layers }, FILE) };
  const { models } = modelPlace(await modelFile(planned, quietly.folder, quietly.say));
  await using room = await TabRoom.open({ models, donors: planned.tabs, browser: context.browser });
  let plan = "";
  const late = new Set<string>();
  const turns = await alternate(
    SPLITS.map((name) => ({
      name,
      async measure() {
        const { run, cases } = await runScenario(scenarios[name], { ...quietly, room });
        for (const { device, isTooSlow } of run.emulation) if (isTooSlow) late.add(`${device} (${name} split)`);
        if (name === "planned") plan = run.plan.map(({ device, first, end }) => `${device} ${end - first}`).join(", ");
        const [answer] = cases;
        return measured(answer?.prefillMsPerToken, answer?.foretold?.prefillMsPerToken);
      },
    })),
    {
      rounds: context.rounds,
      ended({ round, share }) {
        // The first round counts nothing.
        if (round === 0) late.clear();
        context.say("emulated devices", 0.5 * share);
      },
    },
  );
  return {
    rows: rowsOf("emulated", "three emulated devices", turns),
    floor: turns.floor,
    notes: [
      `Emulated: the planner gave ${plan} layers.`,
      ...(late.size === 0 ? [] : [`Emulated: not valid, as this machine was late: ${[...late].join(", ")}.`]),
    ],
  };
}

/** As many donors as there are cores for, the last one slowed down, then timed and planned for like any other. */
async function realPart({ browser, rounds, say: tell }: SuiteContext): Promise<Part> {
  const donors = Math.min(3, cpus().length);
  if (donors < 2) return { rows: [], floor: null, notes: ["One core cannot be two devices: no tab was slowed down."] };
  const prompt = { ...goldenPrompt("very-long"), tokens: 2 };
  const scenario = parse(
    Scenario,
    { tabs: donors, prompts: [prompt], context: 1024, objective: "first-token" },
    "scenario",
  );
  const { models, url } = modelPlace(await modelFile(scenario, quietly.folder, quietly.say));
  await using room = await TabRoom.open({ models, donors, browser, areApart: true });
  await using slowed = await SlowedTab.trySlow(room.donors[donors - 1]!, FACTOR);
  if (slowed === null)
    return { rows: [], floor: null, notes: ["Tabs could not be told apart here: none was slowed down."] };
  tell("timing a slowed tab", 0.5);
  const names = await namesOf(room, scenario);
  const ring = await room.start(ringOptions(scenario, url));
  if (ring.kind !== "ready" || ring.plan === null) throw new Error("the ring was not planned");
  const asTimed = profiled(scenario, ring.plan.pipe, ring.places, names);
  const facts = await factsOf(scenario, quietly.folder, quietly.say);
  const asked = { promptTokens: (await askCase(room, scenario, prompt)).finished.ids.length, newTokens: 2 };
  const layers = evenShares(facts.L, donors);
  const plans = {
    planned: planScenario(asTimed, facts, [asked]),
    equal: planScenario({ ...asTimed, layers }, facts, [asked]),
  };
  const turns = await alternate(
    SPLITS.map((name) => ({
      name,
      async measure() {
        const planned = plans[name];
        await room.start({ ...ringOptions(scenario, url), ...asPlanned(scenario, planned, names) });
        // Its kernels are new to this worker.
        await askCase(room, scenario, { id: "warm", promptTokens: 64, tokens: 1 });
        const { finished } = await askCase(room, scenario, prompt);
        const foretold = foretell(scenario, planned.pipe, cuttingOf(scenario, planned.pipe), asked);
        return measured(finished.timings.prefillMs / finished.ids.length, foretold.prefillMsPerToken);
      },
    })),
    { rounds, ended: ({ share }) => tell("a slowed tab", 0.5 + 0.5 * share) },
  );
  const plan = plans.planned.stages.map(({ device, layers }) => `${[...names.values()][device]} ${layers}`).join(", ");
  return {
    rows: rowsOf("real", `${donors} tabs, one slowed ${FACTOR} times`, turns),
    floor: turns.floor,
    notes: [
      `Real: the tab of donor ${donors} stood still for ${FACTOR - 1} of every ${FACTOR} milliseconds; timed so, the planner gave ${plan} layers.`,
    ],
  };
}

function measured(prefillMs = NaN, foretoldMs = NaN) {
  return { prefillMs, foretoldMs };
}

function rowsOf(source: Row["source"], what: string, turns: Awaited<ReturnType<typeof alternate>>): Row[] {
  const took = (name: string) => turns.of(name, "prefillMs");
  const errors = (name: string) => turns.of(name, "foretoldMs").map((ms, i) => 100 * Math.abs(ms / took(name)[i]! - 1));
  return [
    ...SPLITS.map((name) =>
      row({ name: `${what}: prefill, ${name} split`, unit: "ms/token", source, better: "less" }, took(name)),
    ),
    ratio({ name: `${what}: prefill, equal / planned`, source, better: "more" }, took("equal"), took("planned")),
    ...SPLITS.map((name) =>
      row(
        { name: `${what}: error of what was foretold, ${name} split`, unit: "%", source, better: "less" },
        errors(name),
      ),
    ),
  ];
}
