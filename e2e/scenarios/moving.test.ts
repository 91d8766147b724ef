/**
 * A device that becomes slower while the ring serves: layers leave it between two answers, only they are read anew, the text stays what it was, and the
 * page says why. The donors' time is emulated, over a tiny model that they really compute.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningServer } from "@jupiter/signaling-server";
import { tinyCheckpoint } from "@jupiter/testkit";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { readJson } from "../ring/run.ts";
import { parse, Scenario } from "../ring/scenario.ts";
import { runSimulation } from "../sim/run-sim.ts";
import { eventually } from "./eventually.ts";
import { DonorPerson, HostPerson, serve } from "./people.ts";

declare global {
  var linksBroken: number | undefined;
}

const L = 12;
const LAYER_MS = 4;
/** More than these it should not take; it is after two if nothing else uses this machine. */
const MOST_ANSWERS = 12;
const folder = mkdtempSync(join(tmpdir(), "jupiter-moving-"));
const model = join(folder, "tiny.gguf");
let browser: Browser;
let server: RunningServer;
let host: HostPerson;

beforeAll(async () => {
  writeFileSync(model, tinyCheckpoint({ dims: { L } }));
  [browser, server] = [await launchChromium(), await serve()];
  host = await HostPerson.open(browser, server);
});

afterAll(async () => {
  await browser.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Rows cost something too: were they free, any split of equal devices would be as good, and one might have next to no layers from the start. */
const costsOf = (layerMs: number) => ({
  layer: [{ fromRows: 1, floorMs: layerMs, rowMs: layerMs / 40, pairMs: 0 }],
  ...{ frameMs: 0, head: null },
});

async function emulatedDonor(name: string): Promise<DonorPerson> {
  const donor = await DonorPerson.open(browser, (await host.invitation()).replace("#", "?harness#"));
  await donor.join(name);
  await donor.page.evaluate((costs) => globalThis.jupiterDonor!.emulate({ costs, replay: null }), costsOf(LAYER_MS));
  return donor;
}

/** As the host's card of it says. */
async function layersOf(name: string): Promise<number> {
  const card = host.devices.filter({ hasText: name }).first();
  return Number(/(\d+) of 12 layers/.exec(await card.innerText())?.[1]);
}

async function answer(): Promise<string> {
  await host.newConversation();
  await host.ask("Hello");
  await host.answered();
  return host.answer.locator(".markdown").innerText();
}

/** The first of the answers' texts; all are to be the same. */
let text: string;
let anna: DonorPerson;
let ben: DonorPerson;

/** Bytes of layers that its engine has read since it began: one that is started anew reads all again. */
const readBy = ({ page }: DonorPerson) => page.evaluate(() => globalThis.jupiterDonor!.loadedBytes());

const become = ({ page }: DonorPerson, layerMs: number) =>
  page.evaluate((costs) => globalThis.jupiterDonor!.alter(costs), costsOf(layerMs));

/** The next connection that the device would make throws, and none after it. */
const breakNextLink = ({ page }: DonorPerson) =>
  page.evaluate(() => {
    const Real = globalThis.RTCPeerConnection;
    globalThis.linksBroken = 0;
    globalThis.RTCPeerConnection = class extends Real {
      constructor(...given: ConstructorParameters<typeof Real>) {
        globalThis.RTCPeerConnection = Real;
        globalThis.linksBroken = 1;
        super(...given);
        throw new Error("no link this time");
      }
    };
  });

/** Asks, as often as layers may take to move; every answer is the same. */
async function askUntil(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < MOST_ANSWERS && !(await isSo()); i++) {
    expect(await answer()).toBe(text);
    await host.ready();
  }
}

/** Asks until the page says why layers moved. */
async function untilMoved(from: string, to: string): Promise<void> {
  const moved = host.page.getByText(
    new RegExp(`Layers moved from ${from} to ${to}: ${from} had become \\d\\.\\d times slower\\.`),
  );
  await askUntil(async () => (await moved.count()) > 0);
  expect(await moved.count()).toBe(1);
  expect(await answer()).toBe(text);
}

it("layers move away from a device that has become slower, between two answers", async () => {
  [anna, ben] = [await emulatedDonor("Anna"), await emulatedDonor("Ben")];
  await host.arrived(2);
  await host.page.getByText(/^Model: /).click();
  await host.page.getByText("Options", { exact: true }).click();
  await host.page.getByRole("combobox", { name: "This device computes" }).selectOption("none");
  const longest = host.page.getByRole("spinbutton", { name: "Longest answer" });
  await longest.fill("20");
  await longest.blur();
  await host.page.getByLabel(/A GGUF file of this device/).setInputFiles(model);
  await host.page.getByText("Model: tiny llama with random weights").waitFor();
  await host.start("Start the ring");
  const before = [await layersOf("Anna"), await layersOf("Ben")] as const;
  expect(before[0] + before[1]).toBe(L);
  text = await answer();
  const readBefore = [await readBy(anna), await readBy(ben)] as const;
  /** All of this model's are alike. */
  const layerBytes = readBefore[0] / before[0];
  expect(layerBytes).toBeGreaterThan(0);
  expect(readBefore[1]).toBe(before[1] * layerBytes);

  await become(anna, 3 * LAYER_MS);
  // While the server is away no new link can be made: the ring stays as it is.
  await server.close();
  const away = host.page.getByText("The server cannot be reached");
  await away.waitFor();
  for (let i = 0; i < 4; i++) expect(await answer()).toBe(text);
  expect(await layersOf("Anna")).toBe(before[0]);
  server = await serve({ port: server.port });
  await away.waitFor({ state: "detached" });

  await ben.askRing("Hello");
  await untilMoved("Anna", "Ben");
  // It waited for a person here, and does so still.
  await host.page.getByRole("button", { name: "Answer Ben" }).click();
  await ben.answered();
  expect(await ben.answer.locator(".markdown").innerText()).toBe(text);
  expect(await layersOf("Anna")).toBeLessThan(before[0]);
  expect((await layersOf("Anna")) + (await layersOf("Ben"))).toBe(L);
  // What both plans give to a device stays there.
  expect(await readBy(anna)).toBe(readBefore[0]);
  expect(await readBy(ben)).toBe((await layersOf("Ben")) * layerBytes);

  await host.page.getByText("Speed", { exact: true }).click();
  const whatIfs = host.page.getByRole("list", { name: "With one device more or less" });
  await whatIfs.getByText(/^Without Anna: [\d.]+ tokens a second/).waitFor();
  await whatIfs.getByText(/^With one more like Ben: [\d.]+ tokens a second/).waitFor();
});

it("what the devices were timed with is a scenario that the simulator runs, with a like split", async () => {
  const saved = host.page.waitForEvent("download");
  await host.page.getByRole("link", { name: "Save as a scenario" }).click();
  const scenario = parse(Scenario, readJson(await (await saved).path()), "ring.json");
  expect(scenario.devices?.map(({ name }) => name)).toEqual(["the host", expect.any(String), expect.any(String)]);
  const floorMs = (name: string) => scenario.devices?.find((device) => device.name === name)?.time?.layer[0]?.floorMs;
  // One had become three times slower.
  expect(floorMs("Anna")! / floorMs("Ben")!).toBeGreaterThan(1.5);
  const { run, cases } = await runSimulation(scenario, { folder, say: () => undefined });
  const layers = new Map(run.plan.map(({ device, first, end }) => [device, end - first]));
  expect(layers.get("Anna")! + layers.get("Ben")!).toBe(L);
  expect(layers.get("Anna")).toBeLessThan(layers.get("Ben")!);
  expect(cases[0]?.output).toHaveLength(200);
});

it("a device that slows the ring down is left out where that is wished, and taken in when it helps", async () => {
  await host.page.getByRole("switch", { name: "Leave out devices that slow the ring down" }).check();
  await host.start("Start again");
  const card = (name: string) => host.devices.filter({ hasText: name }).first();
  expect(await card("Anna").innerText()).toContain("left out: the ring is faster without it");
  expect(await layersOf("Ben")).toBe(L);
  await become(ben, 5 * LAYER_MS);
  await untilMoved("Ben", "Anna");
  expect(await layersOf("Anna")).toBeGreaterThan(0);
});

it("where layers cannot move, the ring is put together once more", async () => {
  // Ben is left out.
  expect(await layersOf("Ben")).toBeNaN();
  await become(anna, 8 * LAYER_MS);
  await breakNextLink(ben);
  const wasBroken = () => ben.page.evaluate(() => globalThis.linksBroken === 1);
  await askUntil(wasBroken);
  expect(await wasBroken()).toBe(true);
  await eventually(() => layersOf("Ben")).toBeGreaterThan(0);
  await host.ready();
  expect(await answer()).toBe(text);
});
