/** Our own questions with their labels; the rule is in `questions/README.md`. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { parse } from "../../ring/scenario.ts";

const Labelled = z.strictObject({
  id: z.string().min(1),
  category: z.string().min(1),
  /** The form of a good answer: independent points, dependent points, no list. */
  label: z.enum(["A", "B", "C"]),
  question: z.string().min(1),
});
export type Labelled = z.infer<typeof Labelled>;

export function readLabelled(): readonly Labelled[] {
  const file = new URL("../questions/questions.json", import.meta.url);
  return parse(z.array(Labelled).min(1), JSON.parse(readFileSync(file, "utf8")), "questions.json");
}
