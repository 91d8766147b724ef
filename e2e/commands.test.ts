import { parseArgs } from "node:util";
import { expect, it } from "vitest";
import { orExplain } from "./commands.ts";

it("a flag that is not there is refused in one sentence, without hints for programmers", () => {
  const options = { json: { type: "string" } } as const;
  const parse = (...args: string[]) =>
    orExplain(() => parseArgs({ args, options, allowPositionals: true }).values, "npm run x");
  expect(parse("--json", "a")).toEqual({ json: "a" });
  expect(() => parse("--bogus")).toThrow(/^Unknown option '--bogus'\. See npm run x -- --help\.$/);
  expect(() => parse("--json", "--json")).toThrow(/^Option '--json' argument is ambiguous\. See npm run x/);
});
