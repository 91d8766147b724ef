import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { drafterNames, drafterOf } from "./drafters.ts";
import { parseFlags } from "./flags.ts";
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
  expect(() => parse(Prompts, { cases: [] }, "prompts")).toThrow("prompts: the whole: Too small");
  expect(parse(Forced, { cases: [{ id: "a", greedy: [1] }] }, "force")).toEqual([{ id: "a", output: [1] }]);
  expect(() => parse(Forced, [{ id: "a" }], "force")).toThrow("output or greedy");
});

it("the published schema is the current one", () => {
  const published: unknown = JSON.parse(readFileSync(new URL("./scenario.schema.json", import.meta.url), "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(Scenario, { io: "input" }))));
});
