/** Firefox in a ring with Chromium, either way round: the tiny checkpoint, on wasm, which is what Firefox has on Linux. */
import { createServer, type RunningServer } from "@jupiter/signaling-server";
import type { Browser as Chromium } from "playwright";
import type { Browser as Firefox } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../scripts/build.mjs";
import { launchChromium } from "../chromium.ts";
import { TabRoom } from "../ring/tabs.ts";
import { page as dist } from "../scenarios/people.ts";
import { tinyModel } from "../tiny-ring.ts";
import { firefoxPath, launchFirefox, NO_FIREFOX } from "./firefox.ts";

if (firefoxPath === null) console.warn(`Firefox is not tested: ${NO_FIREFOX}.`);

describe.skipIf(firefoxPath === null)("Firefox", () => {
  const tiny = tinyModel();
  let chromium: Chromium;
  let firefox: Firefox;
  /** What a ring of Chromium's tabs alone answers. */
  let expected: readonly number[];

  beforeAll(async () => {
    ensureBuilt(console.error);
    [chromium, firefox] = await Promise.all([launchChromium(), launchFirefox()]);
    await using room = await TabRoom.open({ browser: chromium, models: tiny.models, donors: 1 });
    await room.start(tiny.start);
    expected = (await room.ask(tiny.question)).finished.output;
  });

  afterAll(async () => {
    await Promise.all([chromium.close(), firefox.close()]);
    tiny[Symbol.dispose]();
  });

  it("is donor to a Chromium host", async () => {
    await using room = await TabRoom.open({ browser: chromium, models: tiny.models, donors: 0 });
    const donor = await firefox.newPage();
    const faults: unknown[] = [];
    donor.on("pageerror", (error) => faults.push(error));
    await donor.goto(`${room.server.url}${room.link}`);
    await donor.locator("button::-p-text(Join)").click();
    await room.host.waitForFunction(() => globalThis.jupiterHarness!.devices()[0]?.state.kind === "idle");
    await room.start(tiny.start);
    expect((await room.ask(tiny.question)).finished.output).toEqual(expected);
    await donor.waitForFunction(() => /[1-9]\d* tokens computed/.test(document.body.innerText));
    expect(await donor.evaluate(() => [crossOriginIsolated, navigator.userAgent.includes("Firefox")])).toEqual([
      true,
      true,
    ]);
    expect(faults).toEqual([]);
    await donor.close();
  });

  it("is host to a Chromium donor", async () => {
    const server: RunningServer = await createServer({ port: 0, page: dist, models: tiny.models });
    const host = await firefox.newPage();
    const faults: unknown[] = [];
    host.on("pageerror", (error) => faults.push(error));
    await host.goto(`${server.url}?harness`);
    await host.waitForFunction(() => globalThis.jupiterHarness !== undefined);
    const link = await host.evaluate(() => globalThis.jupiterHarness!.open("Host"));
    const donor = await chromium.newPage();
    await donor.goto(`${server.url}?auto${link}`);
    await host.waitForFunction(() => globalThis.jupiterHarness!.devices()[0]?.state.kind === "idle");
    const ring = await host.evaluate((options) => globalThis.jupiterHarness!.start(options), tiny.start);
    expect(ring.kind).toBe("ready");
    const answer = await host.evaluate((options) => globalThis.jupiterHarness!.ask(options), tiny.question);
    expect(answer.finished.output).toEqual(expected);
    await donor.getByText(/[1-9]\d* tokens computed/).waitFor();
    expect(faults).toEqual([]);
    await Promise.all([host.close(), donor.close()]);
    await server.close();
  });
});
