/** A scenario file: one run of a room, described so that others can run the same. Flags of `npm run ring` are shorthand for one. */
import { z } from "zod";
import { DeviceFields, wrongName } from "./scenario-devices.ts";

const Message = z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: z.string() });

/** Of several contents the first counts: golden files have a dialogue, and what the template made of it. */
const promptFields = {
  id: z.string().min(1).describe("What answers are told apart by."),
  messages: z.array(Message).min(1).optional().describe("The dialogue, put into the model's own template."),
  text: z.string().min(1).optional().describe("Taken as it is, special tokens parsed."),
  ids: z.array(z.int().min(0)).min(1).optional().describe("Token ids as they are."),
  promptTokens: z.int().min(1).max(131_072).optional().describe("So many made-up tokens."),
  tokens: z.int().min(1).optional().describe("New tokens at most."),
};
const hasContent = [
  ({ messages, text, ids, promptTokens }: Partial<Record<keyof typeof promptFields, unknown>>) =>
    [messages, text, ids, promptTokens].some((x) => x !== undefined),
  "a prompt needs one of messages, text, ids and promptTokens",
] as const;
/** Of a file, which may say more of it. */
const Prompt = z.object(promptFields).refine(...hasContent);
/** Of a scenario, written by hand. */
const OwnPrompt = z.strictObject(promptFields).refine(...hasContent);
export type Prompt = z.infer<typeof Prompt>;

/** A list, or an object with the list in `cases`; further fields are ignored. Not a union, whose faults would not say where they are. */
function listOf<T>(item: z.ZodType<T>) {
  const unwrap = (value: unknown) => (value instanceof Object && "cases" in value ? value.cases : value);
  return z.preprocess(unwrap, z.array(item).min(1));
}

export const Prompts = listOf(Prompt);

const ForcedCase = z
  .object({ id: z.string(), greedy: z.array(z.int().min(0)).optional(), output: z.array(z.int().min(0)).optional() })
  .transform(({ id, greedy, output }) => ({ id, output: output ?? greedy ?? [] }))
  .refine(({ output }) => output.length > 0, "ids to feed need output or greedy");
/** Ids to feed, by case; golden files and this command's own output are of this form. */
export const Forced = listOf(ForcedCase);

const DRAFT = /^(none|(lookup|recorded|(model|medusa):[^,]+)(,(lookup|recorded|(model|medusa):[^,]+))*)$/;

const Fields = z.strictObject({
  $schema: z.string().optional().describe("For editors, which then say what a field means."),
  version: z.literal(1).default(1),
  model: z
    .string()
    .min(1)
    .default("smollm2-135m-instruct")
    .describe("An id of the catalogue, or the path of a .gguf file."),
  tabs: z
    .int()
    .min(0)
    .max(16)
    .optional()
    .describe("Donors: 1 unless told. 0: the host alone. `devices` says it in its place."),
  backend: z.enum(["wasm", "webgpu", "auto"]).default("wasm").describe("What real tabs compute on."),
  threads: z.int().min(1).max(16).default(1).describe("Of onnxruntime on wasm, in each tab."),
  hostLayers: z
    .enum(["none", "first", "last", "both", "all"])
    .default("none")
    .describe("Where the host has layers of its own."),
  head: z
    .enum(["host", "last", "best"])
    .default("host")
    .describe("Who has final norm and LM head: the host, the last stage, or whichever makes the ring faster."),
  donors: z
    .enum(["best", "all"])
    .default("best")
    .describe("Of devices that all say their times: those that slow the ring down are left out, or each gets a layer."),
  layers: z
    .array(z.int().min(1))
    .min(1)
    .optional()
    .describe(
      "Layers per stage in ring order, the host's shares included; without it the planner splits by what devices take.",
    ),
  wire: z
    .enum(["f32", "f16"])
    .default("f32")
    .describe("Values of frames: in float32, or in half precision as in people's rooms."),
  context: z.int().min(16).max(131_072).default(2048).describe("Slots per conversation."),
  objective: z
    .enum(["workload", "first-token", "tokens-per-second"])
    .default("workload")
    .describe(
      "What the planner's split makes least: the whole of question and answer, only the time to the first token, or only the time of a token.",
    ),
  chunk: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe(
      "Rows of one chunk of a prompt; without it the plan's table cuts prompts, or 64 rows each where nothing was measured.",
    ),
  inFlight: z.int().min(1).max(16).default(3).describe("Chunks of one prompt on their way at once, at least."),
  prompts: z
    .union([z.string().min(1), z.array(OwnPrompt).min(1)])
    .describe("A file of prompts (a list, or an object with it in `cases`), or the prompts themselves."),
  cases: z.array(z.string()).min(1).optional().describe("Only these cases."),
  tokens: z.int().min(1).max(131_072).default(64).describe("New tokens at most, for prompts that do not say."),
  force: z
    .string()
    .min(1)
    .optional()
    .describe(
      "A file with the ids to feed instead of what is chosen: a list of {id, output}, or an object with it in `cases`.",
    ),
  temperature: z.number().min(0).max(10).default(0).describe("0: the likeliest token."),
  topP: z.number().gt(0).max(1).default(1).describe("Of the likeliest tokens, those that make up this share."),
  topK: z.int().min(0).default(0).describe("Only so many of the likeliest tokens; 0: the 64 that a head tells."),
  seed: z.int().min(0).default(1).describe("Of whatever is drawn: tokens, jitter, loss."),
  strategy: z
    .enum(["plain", "window", "continuous"])
    .default("plain")
    .describe("How answers are decoded; the text is the same (docs/decoding.md)."),
  draft: z
    .string()
    .regex(DRAFT, "takes none, or a list of lookup, model:ID|FILE, medusa:FILE and recorded")
    .default("lookup")
    .describe(
      "Who guesses ahead, where the strategy has guesses: none, or a list of lookup, model:ID (a smaller model with the same tokens: an id of the catalogue or the path of a .gguf file), medusa:FILE (heads beside the LM head) and recorded (the trace's drafter, for a model that is not there).",
    ),
  rows: z.int().min(1).max(64).optional().describe("Rows of a frame at most, guesses included."),
  windows: z.int().min(1).max(64).optional().describe("Frames of one answer on their way at once; of `continuous`."),
  acceptance: z
    .enum(["exact", "typical"])
    .default("exact")
    .describe(
      "When a guess holds: where plain decoding would have said the same, or by the paper's rule, which is lossy: another text.",
    ),
  recorded: z
    .strictObject({
      children: z.int().min(1).max(8).default(3).describe("For each place; of more, rows cost more than they bring."),
      rightPercent: z
        .int()
        .min(0)
        .max(100)
        .optional()
        .describe(
          "Made bad: right in so many of a hundred places, and as sure of itself as before. Left out: as they were recorded.",
        ),
    })
    .prefault({})
    .describe("How recorded guesses are told."),
  concurrency: z
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe("Questions that are put at once; the next so many when all of them are answered."),
  beside: z
    .boolean()
    .default(false)
    .describe(
      "Those questions side by side, as the points of an outline are: in one conversation, what their prompts begin with computed once.",
    ),
  outline: z
    .enum(["auto", "on", "off"])
    .default("off")
    .describe("Answers written point by point, all points at once: another text."),
  ...DeviceFields,
});

const NamedFields = Fields.superRefine((fields, context) => {
  const donors = donorsOf(fields);
  if (fields.tabs !== undefined && fields.tabs !== donors)
    context.addIssue({
      code: "custom",
      path: ["tabs"],
      message: `devices says who the donors are: ${donors}; leave tabs out`,
    });
  const { devices = [], shape } = fields;
  const limited = devices.findIndex(({ memoryBytes }) => memoryBytes !== undefined);
  if (limited >= 0 && shape !== undefined && shape.layerBytes === undefined)
    context.addIssue({
      code: "custom",
      path: ["devices", limited, "memoryBytes"],
      message: "what a layer takes is not known; say shape.layerBytes too",
    });
  const wrong = wrongName({ ...fields, tabs: donors });
  if (wrong !== null) context.addIssue({ code: "custom", ...wrong });
});

export const Scenario = NamedFields.transform(({ $schema: _, ...scenario }) => ({
  ...scenario,
  tabs: donorsOf(scenario),
}));

function donorsOf({ devices, tabs }: z.infer<typeof Fields>): number {
  return devices === undefined ? (tabs ?? 1) : devices.length - 1;
}

export type Scenario = z.infer<typeof Scenario>;
/** As written, defaults left out. */
export type ScenarioFields = z.input<typeof Scenario>;

export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

/** Throws `ScenarioError` with the first fault and where it is. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A field that is missing may be there under a misspelt name.
  const issue = meant(issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!);
  const hint = issue.code === "unrecognized_keys" ? meantFields(schema, issue) : "";
  throw new ScenarioError(`${what}: ${issue.path.join(".") || "the whole"}: ${faultInWords(issue, value)}${hint}`);
}

type Issue = z.core.$ZodIssue;

interface SchemaNode {
  readonly anyOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

/** Where another name may have been meant: which, as the end of a sentence. */
function meantFields(schema: z.ZodType, { keys, path }: z.core.$ZodIssueUnrecognizedKeys): string {
  const forms = (node: SchemaNode): readonly SchemaNode[] => [node, ...(node.anyOf ?? []).flatMap(forms)];
  let nodes = forms(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as SchemaNode);
  for (const key of path) {
    const inner = nodes.flatMap(
      ({ items, properties }) => (typeof key === "number" ? items : properties?.[String(key)]) ?? [],
    );
    nodes = inner.flatMap(forms);
  }
  const fields = [...new Set(nodes.flatMap(({ properties = {} }) => Object.keys(properties)))];
  const found = keys.flatMap((key) => fields.find((field) => isMisspelt(key, field)) ?? []);
  return found.length === 0 ? "" : `; did you mean ${found.map((field) => `"${field}"`).join(" and ")}?`;
}

/** In upper or lower case, by a letter too many or too few, by another letter, or by two that changed places. */
function isMisspelt(written: string, name: string): boolean {
  const [a, b] = [written.toLowerCase(), name.toLowerCase()];
  if (a === b) return true;
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  const isSwapped =
    restA.length > 1 && restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
  return isSwapped || restA.slice(1) === restB || restA === restB.slice(1) || restA.slice(1) === restB.slice(1);
}

/** Of what takes one of several forms, the fault in that form whose kind fits. */
function meant(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const firsts = issue.errors.flatMap(([first]) => (first === undefined ? [] : [first]));
  const inner = firsts.find(({ code, path }) => code !== "invalid_type" || path.length > 0);
  return inner === undefined ? issue : meant({ ...inner, path: [...issue.path, ...inner.path] });
}

function faultInWords(issue: Issue, whole: unknown): string {
  const got = issue.path.reduce<unknown>(
    (value, key) => (value instanceof Object ? Reflect.get(value, key) : undefined),
    whole,
  );
  const expected = expectedInWords(issue);
  if (expected === null) return issue.message;
  if (got === undefined) return `missing; it takes ${expected}`;
  if (!(got instanceof Object)) return `takes ${expected}, not ${JSON.stringify(got)}`;
  const isOtherKind = issue.code === "invalid_type" || issue.code === "invalid_union";
  return isOtherKind ? `takes ${expected}, not ${Array.isArray(got) ? "a list" : "an object"}` : issue.message;
}

/** Null: the schema's own words say it. */
function expectedInWords(issue: Issue): string | null {
  if (issue.code === "too_small") return `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
  if (issue.code === "too_big") return `${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`;
  if (issue.code === "invalid_value")
    return issue.values
      .map(String)
      .join(", ")
      .replace(/, (?=[^,]*$)/, " or ");
  if (issue.code === "invalid_type") return KINDS[issue.expected] ?? `a ${issue.expected}`;
  if (issue.code !== "invalid_union") return null;
  const forms = issue.errors.flatMap(([first]) => (first === undefined ? [] : (expectedInWords(first) ?? [])));
  return forms.length === 0 ? null : forms.join(" or ");
}

const KINDS: Readonly<Record<string, string>> = {
  int: "a whole number",
  array: "a list",
  object: "an object",
  record: "an object",
};
