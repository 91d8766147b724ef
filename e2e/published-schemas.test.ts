/** Schemas that are published as files, for editors and for those who read our reports. `npx vitest run --project unit --update` writes them anew. */
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { expect, it } from "vitest";
import { z } from "zod";
import { Report } from "./bench/report.ts";
import { Scenario } from "./ring/scenario.ts";

it.each([
  ["ring/scenario.schema.json", Scenario],
  ["bench/report.schema.json", Report],
])("%s is what is read", async (path, schema) => {
  const filepath = fileURLToPath(new URL(path, import.meta.url));
  const text = JSON.stringify(z.toJSONSchema(schema, { io: "input" }));
  await expect(await format(text, { ...(await resolveConfig(filepath)), filepath })).toMatchFileSnapshot(filepath);
});
