/** Choosing a model: what fits the devices of a room, a file of the host's own, an address elsewhere. The files are tiny ones of random weights. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localIdentity, type RunningServer } from "@jupiter/signaling-server";
import { tinyCheckpoint } from "@jupiter/testkit";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { eventually } from "./eventually.ts";
import { DonorPerson, HostPerson, serve } from "./people.ts";

const folder = mkdtempSync(join(tmpdir(), "jupiter-models-"));
const tiny = join(folder, "tiny.gguf");
let browser: Browser;
let server: RunningServer;
let elsewhere: RunningServer;

beforeAll(async () => {
  writeFileSync(tiny, tinyCheckpoint({ dims: { L: 2 } }));
  writeFileSync(join(folder, "letter.gguf"), "Dear Anna, this is no model.");
  writeFileSync(join(folder, "half.gguf"), tinyCheckpoint().subarray(0, 100_000));
  const identity = await localIdentity({ folder, names: ["localhost"] });
  const secure = { ...identity, port: 0, host: "localhost", names: ["localhost"] };
  [browser, server, elsewhere] = [await launchChromium(), await serve(), await serve({ secure, models: [folder] })];
});

afterAll(async () => {
  await browser.close();
  await server.close();
  await elsewhere.close();
  rmSync(folder, { recursive: true });
});

async function openPicker(page: Page): Promise<void> {
  await page.getByText(/^Model: /).click();
  await page.getByText("Options", { exact: true }).click();
  const longest = page.getByRole("spinbutton", { name: "Longest answer" });
  await longest.fill("12");
  await longest.blur();
}

it("says which models fit the devices that are here, and what would have to be added", async () => {
  const host = await HostPerson.open(browser, server);
  await openPicker(host.page);
  const large = host.page.getByRole("list", { name: "Models" }).getByRole("listitem").filter({ hasText: "1.5B" });
  await large.getByText("context 32,768 tokens").waitFor();
  await large.getByText("licence Apache-2.0").waitFor();
  await host.page.getByRole("combobox", { name: "Devices compute on" }).selectOption("wasm");
  await host.page.getByText("Starts on this device.").waitFor();
  const memory = host.page.getByRole("slider", { name: "This device holds up to" });
  await memory.fill(String(2 ** 29));
  await large.getByText(/[MG]B missing$/).waitFor();
  await large.getByRole("radio").check();
  await host.page.getByText("This device is too small").waitFor();

  const donor = await DonorPerson.open(browser, await host.invitation());
  await donor.join("Anna’s phone");
  await host.arrived(1);
  await memory.fill(String(12 * 2 ** 30));
  await host.page.getByText("Starts on these 2 devices.").waitFor();
  await host.page.getByText("How it answers").click();
  await host.page.getByRole("switch", { name: "Guess ahead" }).check();
  await host.page.getByText(/491 MB to fetch, once; [\d.]+ [MG]B of this device's memory/).waitFor();
  await host.page.getByRole("switch", { name: "Guess with Qwen2.5 Coder 0.5B Instruct, too" }).check();
  await host.page.getByText("Starts on these 2 devices.").waitFor();
  const context = host.page.getByRole("slider", { name: "Context" });
  await context.fill("32768");
  await host.page.getByRole("slider", { name: "Conversations" }).fill("8");
  await host.page.getByText(/missing: .*devices?.* a context of \d+ tokens/).waitFor();
  await host.page.context().close();
  await donor.page.context().close();
});

it("runs a file of the host's own: donors get their layers from the host, check and keep them", async () => {
  const host = await HostPerson.open(browser, server);
  const donors = [await DonorPerson.open(browser, await host.invitation())];
  donors.push(await DonorPerson.open(browser, await host.invitation()));
  for (const [i, donor] of donors.entries()) await donor.join(`Donor ${i + 1}`);
  await host.arrived(2);
  await openPicker(host.page);
  const file = host.page.getByLabel(/A GGUF file of this device/);
  for (const [name, refusal] of [
    ["letter.gguf", "does not begin with GGUF"],
    ["half.gguf", "is not whole"],
  ] as const) {
    await file.setInputFiles(join(folder, name));
    await host.page.getByText(`${name} cannot be used`).waitFor();
    await host.page.getByText(refusal).waitFor();
  }
  await file.setInputFiles(tiny);
  await host.page.getByText("Model: tiny llama with random weights").waitFor();
  await host.page.getByText("This page forgets the file when it is reloaded").waitFor();
  await host.page.getByRole("slider", { name: "Context" }).fill("512");
  // A layer each, at every start.
  await host.page.getByRole("combobox", { name: "This device computes" }).selectOption("none");
  await host.start("Start the ring");
  await host.ask("Hello");
  expect(await host.answered()).toMatch(/12 tokens/);
  for (const { page } of donors) {
    await page.getByText(/[1-9]\d* tokens computed/).waitFor();
    await eventually(() => keptTensors(page)).toBe(9); // of one layer
  }
  // One donor then gets what the other had, and at the next start nothing more.
  const [first, second] = donors as [DonorPerson, DonorPerson];
  await second.leave();
  await host.page.getByText("The ring has ended").waitFor();
  await host.start("Start again");
  await eventually(() => keptTensors(first.page)).toBe(18);
  const fetchedNothing = host.devices.filter({ hasText: "Donor 1" }).getByText(/fetched 0 kB/);
  expect(await fetchedNothing.count()).toBe(0);
  await host.start("Start again");
  await fetchedNothing.waitFor();
  await host.ask("Hello");
  expect(await host.answered()).toMatch(/12 tokens/);
  for (const { page } of [host, ...donors]) await page.context().close();
});

it("runs a file from an address elsewhere, and says of one that cannot be used why", async () => {
  const host = await HostPerson.open(browser, server, { ignoreHTTPSErrors: true });
  const donor = await DonorPerson.open(browser, await host.invitation(), { ignoreHTTPSErrors: true });
  await donor.join("Donor");
  await host.arrived(1);
  const other = elsewhere.secureUrls[0] ?? "";
  await host.page
    .context()
    .route("https://no-ranges.example/*", (route) =>
      route.fulfill({ status: 200, headers: { "Access-Control-Allow-Origin": "*" }, body: "GGUF" }),
    );
  await openPicker(host.page);
  const use = async (address: string) => {
    await host.page.getByRole("textbox", { name: "Address of a GGUF file" }).fill(address);
    await host.page.getByRole("button", { name: "Use this address" }).click();
  };
  for (const [address, refusal] of [
    ["http://elsewhere.example/m.gguf", "Only https addresses"],
    [`${other}trust`, "does not allow pages of other sites to read it (CORS)"],
    ["https://no-ranges.example/m.gguf", "serve it with ranges"],
    [`${other}models/letter.gguf`, "does not begin with GGUF"],
  ] as const) {
    await use(address);
    await host.page.getByText(refusal).waitFor();
  }
  await use(`${other}models/tiny.gguf`);
  await host.page.getByText("every device trusts what this address sends").waitFor();
  await host.start("Start the ring");
  await host.ask("Hello");
  expect(await host.answered()).toMatch(/12 tokens/);
  await donor.page.getByText(/[1-9]\d* tokens computed/).waitFor();
  for (const { page } of [host, donor]) await page.context().close();
});

/** Files in the browser's store for weights. */
function keptTensors(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const weights = await (await navigator.storage.getDirectory()).getDirectoryHandle("weights");
    let count = 0;
    for await (const folder of weights.values()) {
      if (!(folder instanceof FileSystemDirectoryHandle)) continue;
      for await (const name of folder.keys()) if (/^[0-9a-f]{64}$/.test(name)) count++;
    }
    return count;
  });
}
