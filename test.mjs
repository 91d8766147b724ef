// `npm test`: everything that must hold, from a fresh clone. Plain JavaScript, as nothing is installed yet when it starts.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(`Node ${process.versions.node} is too old: install Node 20.19 or newer (nodejs.org), then run this again.`);
  process.exit(1);
}

// `npm install`, not `npm ci`: the latter refuses lock files whose optional packages of other platforms lack a version.
const steps = [
  ...(existsSync("node_modules/.package-lock.json") ? [] : [["install", "npm", "install"]]),
  ["types", "npx", "tsc", "-p", "."],
  ["unit tests", "npx", "vitest", "run", "--project", "unit"],
  ["the model of the golden runs", "node", "scripts/models.mjs", "smollm2-135m-instruct"],
  ["browser tests", "npx", "vitest", "run", "--project", "browser"],
];
for (const [name, command, ...args] of steps) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) {
    console.error(`\nnpm test stopped: ${name} failed.`);
    process.exit(1);
  }
}
