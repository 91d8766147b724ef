import { ModelError } from "@jupiter/model";
import { PipelineError } from "@jupiter/pipeline";
import { ProtocolError, SlotError } from "@jupiter/protocol";
import { RuntimeError } from "@jupiter/runtime";
import { expect, it } from "vitest";
import { failure, outcome } from "./outcome.ts";

it("what came over a link is a bad frame, whichever layer noticed", () => {
  const noticed = [
    new ProtocolError("truncated", "short"),
    new SlotError("bad-parent", "no such slot"),
    new RuntimeError("bad-frame", "too wide"),
    new PipelineError("bad-frame", "not what was wanted"),
    new PipelineError("out-of-order", "7 after 5"),
    new PipelineError("too-many-frames", "257 wait"),
  ];
  expect(noticed.map((error) => failure(error).reason)).toEqual(noticed.map(() => "bad-frame"));
});

it("what failed on this device is nobody's bad frame: a device would be named for it", () => {
  const own = [
    new PipelineError("stage-failed", "the head scored 1 row of 2"),
    new PipelineError("no-ring", "no model is open"),
    new RuntimeError("session", "code 1"),
    new RangeError("a bug"),
  ];
  expect(own.map((error) => failure(error).reason)).toEqual(own.map(() => "internal"));
});

it("a plan that is over, memory, weights and the network keep their names", async () => {
  const reasons = [
    new PipelineError("stale-plan", "plan 2"),
    new RuntimeError("out-of-memory", "full"),
    new ModelError("checksum", "another file"),
    new ModelError("unreachable", "no answer"),
    new TypeError("Failed to fetch"),
  ].map((error) => failure(error).reason);
  expect(reasons).toEqual(["stale-plan", "out-of-memory", "checksum", "fetch", "fetch"]);
  const rejected = await outcome(() => Promise.reject(new ModelError("not-gguf", "x".repeat(2000))));
  expect(rejected).toEqual({ ok: false, reason: "unsupported", message: "x".repeat(1000) });
});

it.each([
  new RangeError("Array buffer allocation failed"),
  new RangeError("WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory for new instance"),
  new RangeError("Out of memory"),
  Object.assign(new Error("allocation size overflow"), { name: "InternalError" }),
])("tells memory that ended from what is broken: %s", (error) => {
  const { reason, message } = failure(error);
  expect(reason).toBe("out-of-memory");
  expect(message).toContain(error.message);
  expect(message).toContain("fewer layers");
});

it("takes no other range for it", () => {
  expect(failure(new RangeError("bytes 0 to 5 were not fetched")).reason).toBe("internal");
});
