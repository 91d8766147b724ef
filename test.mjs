// `npm test`: everything that must hold, from a fresh clone. Plain JavaScript, as nothing is installed yet when it starts.
import "./scripts/node-version.mjs";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ensureInstalled } from "./scripts/install.mjs";

ensureInstalled();
/** Where others use the machine too, files of tests in real tabs that failed are run once more, from their beginning and alone; that is told at the end. */
const triesTwice = process.env["CI"] !== undefined;
const reports = mkdtempSync(join(tmpdir(), "jupiter-test-"));
/** What passed on the second try only. */
const shaky = [];

// What is quick and fails most comes first.
const steps = [
  ["types", "npx", "tsc", "-p", "."],
  ["format", "npx", "prettier", "--check", "--log-level", "warn", "."],
  ["dead code", "npx", "knip"],
  ["lint", "npx", "eslint", "."],
  ["unit tests", "npx", "vitest", "run", "--project", "unit"],
  ["the model of the golden runs", "node", "scripts/models.mjs", "smollm2-135m-instruct"],
  ["browser tests", "npx", "vitest", "run", "--project", "browser"],
  ["scenarios", "npx", "vitest", "run", "--project", "scenarios"],
];
try {
  for (const [name, command, ...args] of steps) {
    console.log(`\n== ${name}`);
    const inTabs = args.includes("browser") || args.includes("scenarios");
    if (inTabs && triesTwice ? passesInTwo(command, args) : passes(command, args)) continue;
    console.error(`\nnpm test stopped: ${name} failed.`);
    process.exitCode = 1;
    break;
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}
if (shaky.length > 0)
  console.log(`\nFailed once, passed on a second try, a fault to be mended each:\n${shaky.join("\n")}`);

function passes(command, args) {
  return spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" }).status === 0;
}

function passesInTwo(command, args) {
  const report = join(reports, `${args.at(-1)}.json`);
  if (passes(command, [...args, "--reporter=default", "--reporter=json", `--outputFile=${report}`])) return true;
  const failed = failedIn(report);
  // Nothing to try again where it did not even come to tests.
  if (failed.length === 0) return false;
  console.log(`\n== once more, from the beginning and alone: ${failed.map(({ file }) => file).join(", ")}`);
  if (!passes(command, [...args, "--no-file-parallelism", ...failed.map(({ file }) => file)])) return false;
  shaky.push(...failed.flatMap(({ tests }) => tests));
  return true;
}

function failedIn(report) {
  if (!existsSync(report)) return [];
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  return testResults
    .filter(({ status }) => status === "failed")
    .map(({ name, assertionResults }) => {
      const file = relative(process.cwd(), name);
      const tests = assertionResults.filter(({ status }) => status === "failed");
      return { file, tests: tests.length === 0 ? [file] : tests.map(({ fullName }) => `${file} > ${fullName}`) };
    });
}
