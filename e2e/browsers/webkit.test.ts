/**
 * WebKitGTK walks the flows as far as it has what they need. Debian's build has no WebRTC, no WebGPU and no store for files: its host answers
 * alone, on wasm and from memory, and its donor says why it cannot join.
 */
import type { RunningServer } from "@jupiter/signaling-server";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { TabRoom } from "../ring/tabs.ts";
import { serve } from "../scenarios/people.ts";
import { tinyModel } from "../tiny-ring.ts";
import { noWebKit, WebKit } from "./webkit.ts";
import type { WebDriverTab } from "./webdriver.ts";

if (noWebKit !== null) console.warn(`WebKit is not tested: ${noWebKit}.`);

describe.skipIf(noWebKit !== null)("WebKit", () => {
  const tiny = tinyModel();
  let chromium: Browser;
  let webkit: WebKit;
  let tab: WebDriverTab;
  let server: RunningServer;

  beforeAll(async () => {
    server = await serve();
    [chromium, webkit] = await Promise.all([launchChromium(), WebKit.launch()]);
    ({ tab } = webkit);
  });

  afterAll(async () => {
    await Promise.all([chromium.close(), webkit[Symbol.asyncDispose](), server.close()]);
    tiny[Symbol.dispose]();
  });

  it("opens a room, says what this browser lacks, and answers alone", async () => {
    await tab.goto(server.url);
    await tab.waitForText("Nobody has joined yet");
    const lacks = await tab.until(() =>
      [...document.querySelectorAll<HTMLElement>(".hindrances summary")].map(({ innerText }) => innerText).join("\n"),
    );
    const has = await tab.evaluate(() => ({
      webRtc: "RTCPeerConnection" in globalThis,
      webGpu: "gpu" in navigator,
      files: "storage" in navigator,
    }));
    expect(lacks.includes("connects to no other device")).toBe(!has.webRtc);
    expect(lacks.includes("No WebGPU")).toBe(!has.webGpu);
    expect(lacks.includes("keeps no files")).toBe(!has.files);
    expect(await tab.evaluate(() => crossOriginIsolated)).toBe(true);
    await tab.click("button", "Start the ring");
    await tab.waitForText("The ring is ready:");
    await tab.type(".composer textarea", "What is the capital of France?");
    await tab.click(".composer button", "Send");
    await tab.until(() => document.querySelector(".answer .figures") !== null);
    expect(await tab.evaluate(() => document.querySelector(".answer .markdown")!.textContent)).toContain("Paris");
  });

  it("keeps the conversation over a reload, and opens the same room again", async () => {
    const invitation = () => document.querySelector<HTMLInputElement>("[aria-label='Invitation link']")?.value ?? "";
    const link = await tab.until(invitation);
    await tab.goto(server.url);
    expect(await tab.until(invitation)).toBe(link);
    await tab.click(".chat-header summary");
    await tab.waitForText("What is the capital of France?");
  });

  it("computes what Chromium computes", async () => {
    await using room = await TabRoom.open({ browser: chromium, models: tiny.models, donors: 0 });
    const start = { ...tiny.start, hostLayers: "all" as const };
    await room.start(start);
    const expected = (await room.ask(tiny.question)).finished.output;
    await tab.goto(`${room.server.url}?harness`);
    await tab.until(() => globalThis.jupiterHarness !== undefined);
    await tab.evaluate(() => globalThis.jupiterHarness!.open("Host"));
    expect(await tab.evaluate(async (options) => (await globalThis.jupiterHarness!.start(options)).kind, start)).toBe(
      "ready",
    );
    const ask = (options: typeof tiny.question) => globalThis.jupiterHarness!.ask(options);
    expect((await tab.evaluate(ask, tiny.question)).finished.output).toEqual(expected);
  });

  it("as a donor joins where it has WebRTC, or else says what is missing and what to do", async () => {
    await using room = await TabRoom.open({ browser: chromium, models: tiny.models, donors: 0 });
    await tab.goto(`${room.server.url}${room.link}`);
    await tab.waitForText("Join the ring?");
    if (await tab.evaluate(() => "RTCPeerConnection" in globalThis)) {
      await tab.click("button", "Join");
      await room.host.waitForFunction(() => globalThis.jupiterHarness!.devices()[0]?.state.kind === "idle");
      await room.start(tiny.start);
      expect((await room.ask(tiny.question)).tokens.length).toBeGreaterThan(0);
    } else {
      const said = await tab.until(() => document.querySelector<HTMLElement>("[role=alert]")?.innerText);
      expect(said).toContain("This device cannot join");
      expect(said).toContain("Open the link in a current Chrome, Edge, Safari or Firefox.");
      expect(await tab.evaluate(() => document.querySelector("button[type=submit]"))).toBeNull();
    }
  });
});
