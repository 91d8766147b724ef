/** Only what `build:static` wrote itself may go. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { claimFolder, ownFiles } from "./site-folder.mjs";

let out: string;

beforeEach(() => {
  out = join(mkdtempSync(join(tmpdir(), "jupiter-out-")), "site");
});

afterEach(() => rmSync(join(out, ".."), { recursive: true }));

function write(...files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(join(out, file, ".."), { recursive: true });
    writeFileSync(join(out, file), file);
  }
}

it("leaves somebody else's site alone, `_headers` and all", () => {
  write("_headers", "index.html", ".git/config");
  expect(() => claimFolder(out, ["index.html", "_headers"])).toThrow("name a new or an empty folder with --out");
  expect(readdirSync(out).sort()).toEqual([".git", "_headers", "index.html"]);
});

it("takes back what it wrote, and keeps what was put beside it", () => {
  claimFolder(out, ["index.html", "assets/old.js"]);
  write("index.html", "assets/old.js", "assets/theirs.js", ".git/config", "CNAME");
  expect(ownFiles(out)).toEqual(["index.html", "assets/old.js"]);
  claimFolder(out, ["index.html", "assets/new.js"]);
  expect(["index.html", "assets/old.js"].some((file) => existsSync(join(out, file)))).toBe(false);
  expect(["assets/theirs.js", ".git/config", "CNAME"].every((file) => existsSync(join(out, file)))).toBe(true);
  expect(ownFiles(out)).toEqual(["index.html", "assets/new.js"]);
});

it("does not write over a file that was put beside its own", () => {
  claimFolder(out, ["index.html"]);
  write("index.html", "robots.txt");
  expect(() => claimFolder(out, ["index.html", "robots.txt"])).toThrow("robots.txt was not written by this command");
  expect(readdirSync(out).sort()).toEqual([".jupiter-site", "index.html", "robots.txt"]);
});

it("never follows its list out of the folder", () => {
  claimFolder(out, []);
  write("index.html");
  const outside = join(out, "../outside");
  writeFileSync(outside, "");
  writeFileSync(join(out, ".jupiter-site"), `../outside\na/../../outside\n${outside}\nindex.html\n`);
  expect(ownFiles(out)).toEqual(["index.html"]);
});
