import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { drafterNames, drafterOf } from "./drafters.ts";
import { parseFlags } from "./flags.ts";
import { readJson } from "./run.ts";
import { freeLinks } from "./scenario-devices.ts";
import { Forced, parse, Prompts, Scenario } from "./scenario.ts";

const none = () => ({});

it("flags are shorthand for a scenario, with defaults", () => {
  const args = [
    "--tabs",
    "3",
    "--layers",
    "10,10,10",
    "--wire",
    "f16",
    "--prompts",
    "p.json",
    "--json",
    "out.json",
    "--host-layers",
    "none",
  ];
  const { scenario, json } = parseFlags(args, none);
  expect(json).toBe("out.json");
  expect(scenario).toMatchObject({
    tabs: 3,
    layers: [10, 10, 10],
    wire: "f16",
    prompts: "p.json",
    backend: "wasm",
    threads: 1,
    tokens: 64,
  });
});

it("flags override the scenario file", () => {
  const { scenario } = parseFlags(["--scenario", "s.json", "--tabs", "2"], () => ({
    tabs: 4,
    prompts: "p.json",
    seed: 7,
  }));
  expect(scenario).toMatchObject({ tabs: 2, seed: 7 });
});

it.each([
  [["--tabs", "many", "--prompts", "p"], "--tabs takes a number"],
  [["--tabs", "99", "--prompts", "p"], "tabs: takes at most 16, not 99"],
  [["--tabs", "1.5", "--prompts", "p"], "tabs: takes a whole number, not 1.5"],
  [["--wire", "f8", "--prompts", "p"], 'wire: takes f32 or f16, not "f8"'],
  [["--layers", "10,x", "--prompts", "p"], '--layers takes numbers like 10,10,10, not "x"'],
  [["--tabs", "-1", "--prompts", "p"], "scenario: tabs: takes at least 0, not -1"],
  [["--tabs", "1"], "--prompts FILE is missing"],
  [["--tabs", " ", "--prompts", "p"], "--tabs takes a number"],
  [["--bogus"], "--help"],
])("%j is refused with what is wrong", (args, text) => {
  expect(() => parseFlags(args, none)).toThrow(text);
});

it("drafters are a list of known names", () => {
  const draftOf = (draft: string) => parseFlags(["--draft", draft, "--prompts", "p"], none).scenario?.draft ?? "";
  expect(drafterNames(draftOf("none"))).toEqual([]);
  const both = draftOf("lookup,model:qwen2.5-coder-0.5b-instruct");
  expect(drafterNames(both)).toEqual(["lookup", "model"]);
  expect(drafterOf(both, "model")).toBe("qwen2.5-coder-0.5b-instruct");
  expect(drafterOf("lookup", "model")).toBeNull();
  for (const wrong of ["model", "model:", "lookup,none", "guess"])
    expect(() => draftOf(wrong)).toThrow("takes none, or a list of lookup, model:ID|FILE, medusa:FILE and recorded");
});

it("a misspelt field of a scenario file is refused, not ignored", () => {
  expect(() => parseFlags(["--scenario", "s.json"], () => ({ prompts: "p", tab: 4 }))).toThrow(/tab/);
});

it("prompts and forced ids come as lists or as cases, with further fields ignored", () => {
  const prompts = [{ id: "a", text: "x", ids: [1, 2], more: 1 }];
  expect(parse(Prompts, { cases: prompts }, "prompts")).toEqual(parse(Prompts, prompts, "prompts"));
  expect(() => parse(Prompts, [{ id: "a" }], "prompts")).toThrow("one of messages");
  const mistyped = { prompts: [{ id: "a", promptTokens: 8, token: 4 }] };
  expect(() => parse(Scenario, mistyped, "s")).toThrow(
    's: prompts.0: Unrecognized key: "token"; did you mean "tokens"?',
  );
  expect(() => parse(Prompts, { cases: [] }, "prompts")).toThrow("prompts: the whole: Too small");
  expect(parse(Forced, { cases: [{ id: "a", greedy: [1] }] }, "force")).toEqual([{ id: "a", output: [1] }]);
  expect(() => parse(Forced, [{ id: "a" }], "force")).toThrow("output or greedy");
});

describe("what is wrong with a scenario file is said in words, and where", () => {
  const prompts = [{ id: "a", text: "x" }];
  const devices = [{ name: "host" }, { name: "a" }];
  it.each<[object, string]>([
    [{}, "s: prompts: missing; it takes a string or a list"],
    [{ prompts: 3 }, "s: prompts: takes a string or a list, not 3"],
    [{ prompts: [{ text: "x" }] }, "s: prompts.0.id: missing; it takes a string"],
    [{ prompts, shape: 3 }, "s: shape: takes an object, not 3"],
    [{ prompts, model: [] }, "s: model: takes a string, not a list"],
    [{ prompts, links: [{ loss: 1 }] }, "s: links.0.loss: takes less than 1, not 1"],
    [{ prompts, links: [{ mbitPerS: 0 }] }, "s: links.0.mbitPerS: takes more than 0, not 0"],
    [
      { prompts, devices, links: [{ from: "ghost" }] },
      's: links.0.from: there is no device "ghost"; there are host, a',
    ],
    [
      { prompts, tabs: 2, links: [{ to: "donor 3" }] },
      'there is no device "donor 3"; there are host, donor 1, donor 2',
    ],
    [{ prompts, links: [{ form: "a" }] }, 's: links.0: Unrecognized key: "form"; did you mean "from"?'],
    [
      { prompts, devices: [{ name: "host", time: { layer: [{ floorMs: 1, rowms: 1 }] } }] },
      's: devices.0.time.layer.0: Unrecognized key: "rowms"; did you mean "rowMs"?',
    ],
    [{ prompts, colour: 3 }, 's: the whole: Unrecognized key: "colour"'],
    [{ prompts, devices, tabs: 2 }, "s: tabs: devices says who the donors are: 1; leave tabs out"],
    [{ prompts, devices, links: [{ from: "a", to: "a" }] }, 's: links.0.to: "a" has no link to itself'],
    [
      { prompts, devices: [{ name: "host" }, { name: "a", memoryBytes: 1e6 }], shape: { L: 2, D: 8 } },
      "s: devices.1.memoryBytes: what a layer takes is not known; say shape.layerBytes too",
    ],
    [{ prompts, devices: [...devices, ...devices] }, 's: devices.2.name: devices 1 and 3 are both called "host"'],
    [{ prompts, devices, machines: { box: { cores: 1 } } }, "s: machines.box: no device is on this machine"],
    [
      { prompts, devices: [{ name: "host", machine: "box" }] },
      's: devices.0.machine: machines does not say how many cores "box" has',
    ],
  ])("%j", (fields, text) => {
    expect(() => parse(Scenario, fields, "s")).toThrow(text);
  });

  it("names that stand for a device each are taken", () => {
    const machines = { box: { cores: 1 } };
    const boxed = devices.map((device) => ({ ...device, machine: "box" }));
    const links = [{ from: "host", to: "a" }];
    expect(parse(Scenario, { prompts, devices: boxed, machines, links }, "s").links).toEqual(links);
    expect(() => parse(Scenario, { prompts, tabs: 2, links: [{ from: "donor 2" }] }, "s")).not.toThrow();
  });
});

it("neighbours that no entry of links is for are named", () => {
  const devices = ["host", "a", "b", "c"].map((name) => ({ name }));
  const links = [{ from: "a", to: "host" }];
  expect(freeLinks({ devices, links }, ["a", "b", "c"])).toEqual(["a and b", "b and c", "c and host"]);
  // In the order of the ring, not of the file; who is left out has no neighbours.
  expect(freeLinks({ devices, links }, ["b", "a"])).toEqual(["b and host", "a and b"]);
  expect(freeLinks({ devices, links: [...links, { delayMs: 1 }] }, ["b", "a"])).toEqual([]);
  expect(freeLinks({ devices, links: [] }, ["a"])).toEqual(["a and host"]);
  expect(freeLinks({ devices, links: [] }, ["host"])).toEqual([]);
  expect(freeLinks({ links: [] }, ["a"])).toEqual([]);
});

it("a scenario file may name its schema, for editors", () => {
  const $schema = "../../ring/scenario.schema.json";
  expect(parse(Scenario, { $schema, prompts: "p" }, "s")).toEqual(parse(Scenario, { prompts: "p" }, "s"));
});

it("a folder is no file", () => {
  const here = fileURLToPath(new URL(".", import.meta.url));
  expect(() => readJson(here)).toThrow("is a folder; name a file in it");
});
