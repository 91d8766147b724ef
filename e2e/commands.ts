/** What every command line here says of faults. */
import { ScenarioError } from "./ring/scenario.ts";

/** Throws `ScenarioError` with the first sentence of what `parseArgs` says: the others are hints for whoever wrote the flags. */
export function orExplain<T>(parse: () => T, command: string): T {
  try {
    return parse();
  } catch (error) {
    const [sentence = ""] = (error instanceof Error ? error.message : String(error)).split(/\.\s|\.?$|\n/);
    throw new ScenarioError(`${sentence}. See ${command} -- --help.`);
  }
}

/** Ctrl-C ends the process at once, and the browser that it started with it. `kept`: what is not lost by that, or nothing. */
export function stopOnInterrupt(kept: () => string): void {
  process.once("SIGINT", () => {
    console.error(`\nStopped. ${kept()}`.trimEnd());
    process.exit(130);
  });
}

/** Prints it. The process ends with 2 where something else should have been asked for, else with 1. */
export function complain(error: unknown): void {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof ScenarioError ? 2 : 1;
}
