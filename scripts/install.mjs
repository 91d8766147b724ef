// Installs the packages, unless those of this very lock file are installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stampFile = join(root, "node_modules", ".jupiter-lock");

/** Throws with one sentence that says what to do. */
export function ensureInstalled(say = console.log) {
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === lockHash()) return;
  say("Installing packages…");
  // `install`, not `ci`: the latter refuses lock files whose optional packages of other platforms lack a version.
  // The lock file pins every byte, so npm's own cache needs no second opinion; and without a network one more try is enough.
  const flags = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline", "--fetch-retries=1"];
  const { status } = spawnSync("npm", ["install", ...flags], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
    env: { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1" },
  });
  if (status !== 0)
    throw new Error(
      "npm could not install the packages (see above). Is there a network, and room on the disk? Then run this again.",
    );
  writeFileSync(stampFile, lockHash());
}

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}
