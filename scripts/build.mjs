// Builds the page into dist/, unless it is there already from the very same sources.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stampFile = join(root, "dist", ".sources");

/** Throws with the builder's output when the build fails. */
export function ensureBuilt(say = console.log) {
  const stamp = sourcesHash();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  say("Building the page…");
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, "build"], {
    cwd: root,
    encoding: "utf8",
    // Tests build the page that people get, whatever their own runner says.
    env: { ...process.env, NODE_ENV: "production" },
  });
  if (status !== 0) throw new Error(`The page could not be built:\n${stdout}${stderr}`);
  writeFileSync(stampFile, stamp);
}

function sourcesHash() {
  const hash = createHash("sha256");
  for (const file of [
    "vite.config.ts",
    "scripts/kernels-plugin.ts",
    "package-lock.json",
    ...["apps", "packages", "public"].flatMap(filesBelow),
  ]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules" && !/\.test\.tsx?$/.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}
