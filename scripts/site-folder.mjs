// The folder that `build:static` writes: a list in it says which files are the command's own, and no others are touched.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, normalize } from "node:path";

const LIST = ".jupiter-site";

/** Paths of the files in `out` that the command wrote earlier. Throws with one sentence if `out` is in use for something else. */
export function ownFiles(out) {
  if (!existsSync(out)) return [];
  const list = join(out, LIST);
  if (existsSync(list)) return readFileSync(list, "utf8").split("\n").filter(isBelow);
  if (readdirSync(out).length === 0) return [];
  throw new Error(
    `${out} holds files that this command did not write, and has no ${LIST}: name a new or an empty folder with --out.`,
  );
}

/** Removes what the command wrote earlier, and notes that it writes `files` next. Throws, with all as it was, if one of these is somebody else's. */
export function claimFolder(out, files) {
  const own = ownFiles(out);
  const foreign = files.find((file) => !own.includes(file) && existsSync(join(out, file)));
  if (foreign !== undefined)
    throw new Error(
      `${join(out, foreign)} was not written by this command: move it, or name another folder with --out.`,
    );
  for (const file of own) rmSync(join(out, file), { force: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, LIST), files.map((file) => `${file}\n`).join(""));
}

/** The list lies in a folder that people edit: it never leads out of it. */
function isBelow(file) {
  return file !== "" && normalize(file) === file && !/^([/\\]|\.\.|[A-Za-z]:)/.test(file);
}
