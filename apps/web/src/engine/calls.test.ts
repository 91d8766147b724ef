import type { Remote } from "comlink";
import { expect, it } from "vitest";
import { Calls } from "./calls.ts";

interface Api {
  double(n: number): number;
  fail(): void;
  hang(): void;
}

const remote = {
  double: (n: number) => Promise.resolve(2 * n),
  fail: () => Promise.reject(new Error("it went wrong there")),
  hang: () => new Promise(() => undefined),
};
const callsOf = () => new Calls(remote as unknown as Remote<Api>);

it("passes answers and errors on", async () => {
  const { api } = callsOf();
  expect(await api.double(21)).toBe(42);
  await expect(api.fail()).rejects.toThrow("it went wrong there");
});

it("rejects what is waited for when the worker is ended, and calls after that", async () => {
  const calls = callsOf();
  const waiting = [calls.api.hang(), calls.api.hang()];
  calls.end(new Error("ended"));
  for (const answer of waiting) await expect(answer).rejects.toThrow("ended");
  await expect(calls.api.double(1)).rejects.toThrow("ended");
});

it("raises no error about an answer that nobody looks at", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note);
  const calls = callsOf();
  void calls.api.hang();
  calls.end(new Error("ended"));
  void calls.api.hang();
  // Node tells of such errors when the microtasks of this turn are done.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});
