// `npm test`: everything that must hold, from a fresh clone. Plain JavaScript, as nothing is installed yet when it starts.
import "./scripts/node-version.mjs";
import { spawnSync } from "node:child_process";
import { ensureInstalled } from "./scripts/install.mjs";

ensureInstalled();
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
for (const [name, command, ...args] of steps) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) {
    console.error(`\nnpm test stopped: ${name} failed.`);
    process.exit(1);
  }
}
