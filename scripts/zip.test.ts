import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, describe, expect, it } from "vitest";
import { smallZip } from "./small-zip.ts";
import { zipMember } from "./zip.mjs";

const folder = mkdtempSync(join(tmpdir(), "jupiter-zip-"));
afterAll(() => rmSync(folder, { recursive: true }));

const members = { "a/first.txt": Buffer.from("first"), "b/second.bin": Buffer.alloc(100_000, "second") };

function written(bytes: Uint8Array): string {
  const path = join(folder, "small.zip");
  writeFileSync(path, bytes);
  return path;
}

describe("zipMember", () => {
  it.each([{ deflate: true }, { deflate: false }])("gives a member's bytes, $deflate", async (options) => {
    const path = written(smallZip(members, options));
    for (const [name, bytes] of Object.entries(members)) {
      expect((await buffer(await zipMember(path, name))).equals(bytes)).toBe(true);
    }
  });

  it("finds the directory before a comment", async () => {
    const path = written(Buffer.concat([smallZip(members), Buffer.from("a comment")]));
    expect((await buffer(await zipMember(path, "a/first.txt"))).toString()).toBe("first");
  });

  it("refuses what lacks the member, and what is cut short", async () => {
    const whole = smallZip(members);
    await expect(zipMember(written(whole), "c/third.txt")).rejects.toThrow(/has no c\/third\.txt/);
    await expect(zipMember(written(whole.subarray(0, whole.length / 2)), "a/first.txt")).rejects.toThrow(/cut short/);
  });
});
