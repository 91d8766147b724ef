/** Links over a real TURN server alone, as between devices that a Wi-Fi keeps apart: the tiny checkpoint, a host and a donor. */
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { collectPeerConnections, waysOfConnections } from "../peer-connections.ts";
import { TabRoom } from "../ring/tabs.ts";
import { tinyModel } from "../tiny-ring.ts";
import { NO_TURN_PROGRAM, startTurnServer, turnProgram } from "../turn-server.ts";
import { eventually } from "./eventually.ts";

const SECRET = "a secret that only the two servers share";

if (turnProgram === null) console.warn(`TURN is not tested: ${NO_TURN_PROGRAM}.`);

describe.skipIf(turnProgram === null)("with a TURN server", () => {
  const tiny = tinyModel();
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    tiny[Symbol.dispose]();
  });

  it("a ring answers over relayed links", async () => {
    await using turn = await startTurnServer(SECRET);
    const options = { browser, models: tiny.models, donors: 1, query: "&relay", init: collectPeerConnections };
    await using room = await TabRoom.open({ ...options, turn: { urls: [turn.url], secret: SECRET } });
    await room.start(tiny.start);
    const { tokens } = await room.ask(tiny.question);
    expect(tokens.length).toBeGreaterThan(0);
    // Control, activations to the donor and back.
    await eventually(() => room.host.evaluate(waysOfConnections)).toEqual(["relay", "relay", "relay"]);
  });

  it("another secret than the TURN server's is told", async () => {
    await using turn = await startTurnServer(SECRET);
    const options = { browser, models: [], donors: 1, query: "&relay" };
    await using room = await TabRoom.open({ ...options, turn: { urls: [turn.url], secret: "another" } });
    const told = await room.host.waitForFunction(() => {
      const state = globalThis.jupiterHarness!.devices()[0]?.state;
      return state?.kind === "failed" ? state.message : null;
    });
    expect(await told.jsonValue()).toMatch(
      /refused this room's credentials \(401.*is --turn-secret its static-auth-secret\?$/,
    );
  });
});
