import { expect, it } from "vitest";
import { cleanName, distinctName, MAX_NAME, shortName } from "./names.ts";

it("a name is one short line that can be seen", () => {
  expect(cleanName("  Anna’s\n\t phone ")).toBe("Anna’s phone");
  expect(cleanName("evil\u202Egnp.exe\u0000\u200B")).toBe("evilgnp.exe");
  expect(cleanName(" \u200B\u2060 ", "Chrome on Linux")).toBe("Chrome on Linux");
  const long = cleanName("🪐".repeat(500));
  expect(Array.from(long)).toHaveLength(MAX_NAME);
  expect(cleanName(long)).toBe(long);
});

it("two devices never have the same name", () => {
  const taken: string[] = [];
  for (let i = 0; i < 3; i++) taken.push(distinctName("Chrome on Linux", taken));
  expect(taken).toEqual(["Chrome on Linux", "Chrome on Linux 2", "Chrome on Linux 3"]);
  expect(distinctName("chrome ON linux", taken)).toBe("chrome ON linux 4");
  expect(distinctName("Ｐhone", ["phone"])).toBe("Ｐhone 2");
  const long = "x".repeat(MAX_NAME);
  const other = distinctName(long, [long]);
  expect(other).toHaveLength(MAX_NAME);
  expect(other.endsWith(" 2")).toBe(true);
});

it("a short name keeps the number that tells it from others, and no half characters", () => {
  expect(shortName("Anna’s phone", 17)).toBe("Anna’s phone");
  expect(shortName("Chrome on Linux 12", 11)).toBe("Chrome… 12");
  expect(shortName("🪐".repeat(20), 5)).toBe("🪐🪐🪐🪐…");
});
