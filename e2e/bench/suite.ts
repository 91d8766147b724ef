import type { Browser } from "playwright";
import type { ReportTable } from "./report.ts";
import type { Row } from "./row.ts";

export interface SuiteContext {
  readonly browser: Browser;
  /** Rounds that count, one more warms up. */
  readonly rounds: number;
  /** The long form: more sizes, more devices, more questions. */
  readonly full: boolean;
  /** Says what goes on, and how much of the suite is done, 0 to 1. */
  readonly say: (text: string, share: number) => void;
  /** Questions in FastChat's form, where the user has such a file. */
  readonly questions: string | null;
  /** Of suites that can have another than the usual one. Null: the usual one. */
  readonly model: string | null;
  /** Of suites that have cases with names, only these; null: all. */
  readonly cases: readonly string[] | null;
  /** Who guesses, as `npm run ring` takes it; of suites that can have other guesses than by lookup. */
  readonly draft: string;
}

export interface SuiteResult {
  readonly rows: readonly Row[];
  /** How far the same thing was from itself within a round, as a share; null: not measured, as nothing of it depends on the machine. */
  readonly floor: number | null;
  /** What a reader must know of the rows, in sentences. */
  readonly notes: readonly string[];
  /** What is no figure with a unit. */
  readonly tables?: readonly ReportTable[];
}

export interface Suite {
  readonly name: string;
  /** What it asks. */
  readonly about: string;
  /** Expected on two cores. */
  readonly minutes: { readonly sampled: number; readonly full: number };
  /** Before any suite runs. Throws `ScenarioError` for options that this one cannot run with. */
  readonly check?: (options: Pick<SuiteContext, "questions" | "cases">) => void;
  run(context: SuiteContext): Promise<SuiteResult>;
}
