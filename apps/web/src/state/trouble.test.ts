import { expect, it } from "vitest";
import { texts } from "../texts/index.ts";
import { hindrances, likelyCauses, type Surroundings } from "./trouble.ts";

const whole: Surroundings = { hasWebGpu: true, hasGpu: true, isIsolated: true, store: "open", hasWebRtc: true };

it("says nothing of a browser that has everything, and the gravest first of one that lacks it all", () => {
  expect(hindrances(whole)).toEqual([]);
  const bare: Surroundings = { hasWebGpu: false, hasGpu: false, isIsolated: false, store: "missing", hasWebRtc: false };
  expect(hindrances(bare)).toEqual(["no-webrtc", "no-webgpu", "not-isolated", "no-store"]);
});

it("tells WebGPU without hardware from no WebGPU", () => {
  expect(hindrances({ ...whole, hasGpu: false })).toEqual(["no-gpu"]);
  expect(hindrances({ ...whole, hasWebGpu: false, hasGpu: false })).toEqual(["no-webgpu"]);
});

it("tells a full disk from a browser that keeps no files", () => {
  expect(hindrances({ ...whole, store: "full" })).toEqual(["full-store"]);
  expect(hindrances({ ...whole, store: "missing" })).toEqual(["no-store"]);
});

it("suspects the permission first where the system has one, and a missing relay last", () => {
  expect(likelyCauses({ isApple: true, hasTurn: false })).toEqual(["local-network", "guest-wifi", "vpn", "no-turn"]);
  expect(likelyCauses({ isApple: false, hasTurn: true })).toEqual(["guest-wifi", "vpn"]);
});

it("gives every trouble a title of its own, and a next step in whole sentences", () => {
  for (const table of [texts.ringTrouble, texts.donorTrouble, texts.environment]) {
    const advice = Object.values(table);
    expect(new Set(advice.map(({ title }) => title)).size).toBe(advice.length);
    for (const { title, next } of advice) {
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(next).toMatch(/^[A-Z].*\.$/);
    }
  }
});
