import { catalogueForm } from "@jupiter/model";
import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { fitInShort, fitInWords, fitOf, type FitDevice, type FitRequest } from "./fit.ts";

const GB = 1e9;
const anna: FitDevice = {
  seat: PeerId.parse("anna_001"),
  name: "Anna’s phone",
  memoryBytes: 1 * GB,
  backends: ["wasm"],
};

function request(change: Partial<FitRequest> = {}, hostBytes = 4 * GB): FitRequest {
  const host: FitDevice = { seat: "host", name: "this device", memoryBytes: hostBytes, backends: ["wasm"] };
  const { devices = [], ...rest } = change;
  const hostLayers = devices.length === 0 ? "all" : "first";
  return { devices: [...devices, host], hostLayers, backend: "auto", capacity: 4096, arenas: 2, ...rest };
}

function form(id: string) {
  const known = catalogueForm(id);
  if (known === null) throw new Error(`${id} is not in the catalogue`);
  return known;
}

it("a small model starts on one device, and on several", () => {
  const small = form("smollm2-135m-instruct");
  expect(fitInWords(fitOf(small, request()))).toBe("Starts on this device.");
  expect(fitInWords(fitOf(small, request({ devices: [anna] })))).toBe("Starts on these 2 devices.");
});

it("a large one says how much is missing and what would do", () => {
  const fit = fitOf(
    form("qwen2.5-coder-1.5b-instruct"),
    request({ devices: [{ ...anna, memoryBytes: 0.5 * GB }] }, 1 * GB),
  );
  expect(fit.kind).toBe("too-little");
  expect(fitInShort(fit)).toMatch(/^\d+(\.\d)? [MG]B missing$/);
  expect(fitInWords(fit)).toMatch(/ of 28 layers; about .* missing: .*devices? like /);
  const more = Array.from({ length: 6 }, (_, i) => ({
    ...anna,
    seat: PeerId.parse(`donor_0${i}`),
    memoryBytes: 2 * GB,
  }));
  expect(fitOf(form("qwen2.5-coder-1.5b-instruct"), request({ devices: more })).kind).toBe("fits");
});

it("names who can hold no layer at all", () => {
  const tiny = { ...anna, memoryBytes: 1e6 };
  const fit = fitOf(form("smollm2-135m-instruct"), request({ devices: [tiny] }));
  expect(fit).toMatchObject({ kind: "too-little", tooSmall: [anna.seat] });
});

it("graphics processors keep some types in less, and are no certainty", () => {
  const known = form("qwen2.5-coder-1.5b-instruct");
  const tensors = known.tensors.map((tensor) =>
    tensor.dims.length > 1 ? { ...tensor, type: "Q4_0" as const } : tensor,
  );
  const q40 = { ...known, tensors };
  const { devices, ...gpu } = request({}, 1.9 * GB);
  const both = devices.map((device) => ({ ...device, backends: ["webgpu", "wasm"] as const }));
  const fit = fitOf(q40, { ...gpu, devices: both });
  expect(fit).toMatchObject({ kind: "fits", onGpu: true });
  expect(fitInWords(fit)).toContain("if the graphics processor computes right");
  expect(fitOf(q40, { ...gpu, devices: both, backend: "wasm" }).kind).toBe("too-little");
});

it("a longer context and more conversations take memory", () => {
  const small = form("smollm2-135m-instruct");
  const tight = (change: Partial<FitRequest>) => fitOf(small, request(change, 1 * GB));
  expect(tight({ capacity: 1024, arenas: 1 }).kind).toBe("fits");
  const fit = tight({ capacity: 8192, arenas: 4 });
  expect(fit.kind).toBe("too-little");
  expect(fitInWords(fit)).toContain("or a context of 3648 tokens");
});
