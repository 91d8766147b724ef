/** Links over a real TURN server alone, as between devices that a Wi-Fi keeps apart: the tiny checkpoint, a host and a donor. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tinyCheckpoint } from "@jupiter/testkit";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { collectPeerConnections, waysOfConnections } from "../peer-connections.ts";
import { modelPlace, TabRoom } from "../ring/tabs.ts";
import { NO_TURN_PROGRAM, startTurnServer, turnProgram } from "../turn-server.ts";

const SECRET = "a secret that only the two servers share";
const folder = mkdtempSync(join(tmpdir(), "jupiter-tiny-"));
const file = join(folder, "tiny.gguf");

if (turnProgram === null) console.warn(`TURN is not tested: ${NO_TURN_PROGRAM}.`);

describe.skipIf(turnProgram === null)("with a TURN server", () => {
  let browser: Browser;

  beforeAll(async () => {
    writeFileSync(file, tinyCheckpoint());
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it("a ring answers over relayed links", async () => {
    await using turn = await startTurnServer(SECRET);
    const { models, url } = modelPlace(file);
    const options = { browser, models, donors: 1, query: "&relay", init: collectPeerConnections };
    await using room = await TabRoom.open({ ...options, turn: { urls: [turn.url], secret: SECRET } });
    await room.start({
      ...{ model: { id: "tiny", title: "tiny", source: url }, hostLayers: "first" },
      compute: { backend: "wasm", threads: 1 },
      ...{ wire: "f32", capacity: 64, arenas: 1, chunkRows: 16, maxInFlight: 2 },
    });
    const { tokens } = await room.ask({
      ...{ id: "a", conversation: "a", prompt: { kind: "text", text: "hello" }, maxTokens: 4, stop: [] },
      policy: { temperature: 0, topP: 1, topK: 0, seed: 1 },
    });
    expect(tokens.length).toBeGreaterThan(0);
    const ways = await room.host.evaluate(waysOfConnections);
    // Control, activations to the donor and back.
    expect(ways).toEqual(["relay", "relay", "relay"]);
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
