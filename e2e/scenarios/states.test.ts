/** States that people meet less often: in words what happened and what to do next, nothing that axe finds, nothing too wide, all of it by keyboard. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tinyCheckpoint } from "@jupiter/testkit";
import type { Page } from "playwright";
import { afterAll, expect, it } from "vitest";
import { takeAwayAll } from "../broken-browsers.ts";
import { engineThatCanSay } from "../engine-voice.ts";
import { eventually } from "./eventually.ts";
import { findings, lookedAt, notByKeyboard } from "./findings.ts";
import { DonorPerson, HostPerson, opened, serve } from "./people.ts";

const folder = mkdtempSync(join(tmpdir(), "jupiter-states-"));
const tiny = join(folder, "tiny.gguf");
writeFileSync(tiny, tinyCheckpoint({ dims: { L: 2 } }));
writeFileSync(join(folder, "letter.gguf"), "Dear Anna, this is no model.");
const { browser, server, close } = await opened();
afterAll(close);
afterAll(() => rmSync(folder, { recursive: true }));

/** Whatever is in view, in the order of the page. */
const said = (page: Page) => page.locator("body").innerText();
const faults = async (page: Page) => [...(await findings(page)), ...(await notByKeyboard(page))];
const end = (...people: readonly (HostPerson | DonorPerson)[]) =>
  Promise.all(people.map(({ page }) => page.context().close()));

async function chooseTiny({ page }: HostPerson): Promise<void> {
  await page.getByText(/^Model: /).click();
  await page.getByLabel(/A GGUF file of this device/).setInputFiles(tiny);
  await page.getByText("Model: tiny llama with random weights").waitFor();
  await page.getByText("Options", { exact: true }).click();
  await page.getByRole("slider", { name: "Context" }).fill("512");
  await page.getByRole("combobox", { name: "This device computes" }).selectOption("none");
}

it("all that a browser may lack, on both pages", async () => {
  const options = { ...lookedAt, init: takeAwayAll };
  const host = await HostPerson.open(browser, server, options);
  const donor = await DonorPerson.open(browser, await host.invitation(), options);
  for (const { page } of [host, donor]) {
    for (const title of [
      "This browser connects to no other device",
      "No WebGPU in this browser",
      "This page is not isolated from others",
      "This browser keeps no files",
    ]) {
      const summary = page.locator("summary", { hasText: title });
      await summary.focus();
      await page.keyboard.press("Enter");
    }
    await eventually(() => page.locator(".hindrances .hint").allInnerTexts()).toEqual([
      expect.stringContaining("This device can answer alone"),
      expect.stringContaining("several times slower"),
      expect.stringContaining("look at a proxy in between"),
      expect.stringContaining("use an ordinary window"),
    ]);
    expect(await faults(page)).toEqual([]);
  }
  await end(host, donor);
});

it("graphics hardware that is missing behind WebGPU", async () => {
  const host = await HostPerson.open(browser, server);
  await host.page.getByText("No graphics processor to compute on").click();
  await host.page.getByText("its driver is blocked").waitFor();
  await end(host);
});

it("addresses that lead nowhere", async () => {
  const context = await browser.newContext(lookedAt);
  const page = await context.newPage();
  await page.goto(`${server.url}?signal=ftp://elsewhere.example`);
  await page.getByText("This link does not work").waitFor();
  expect(await faults(page)).toEqual([]);
  await page.addInitScript(() => void Object.defineProperty(globalThis, "isSecureContext", { value: false }));
  await page.goto(server.url);
  await page.getByText("Open this page that way.").waitFor();
  expect(await faults(page)).toEqual([]);
  await context.close();
});

it("a server that goes and comes back", async () => {
  const other = await serve();
  const host = await HostPerson.open(browser, other, lookedAt);
  const donor = await DonorPerson.open(browser, await host.invitation(), lookedAt);
  await donor.join("Anna’s phone");
  await host.devices.nth(1).getByText("lends up to").waitFor();
  await other.close();
  for (const { page } of [host, donor]) {
    await page.getByText("The server cannot be reached at the moment").waitFor();
    await eventually(() => said(page)).toContain("It is tried again by itself.");
    expect(await faults(page)).toEqual([]);
  }
  const back = await serve({ port: other.port });
  for (const { page } of [host, donor])
    await page.getByText("The server cannot be reached at the moment").waitFor({ state: "detached" });
  await end(host);
  await donor.page.getByText(/^The host is gone/).waitFor();
  expect(await faults(donor.page)).toEqual([]);
  // Who joins now finds nobody, and reads what that means.
  const late = await DonorPerson.open(browser, donor.page.url(), lookedAt);
  await late.ask("Ben’s laptop");
  await late.page.getByText("ask the host for the new one").waitFor();
  expect(await faults(late.page)).toEqual([]);
  await end(donor, late);
  await back.close();
});

it("files that are models and files that are none, and what is kept of them", async () => {
  const host = await HostPerson.open(browser, server, lookedAt);
  const donor = await DonorPerson.open(browser, await host.invitation(), lookedAt);
  await donor.join("Anna’s phone");
  await host.devices.nth(1).getByText("lends up to").waitFor();
  await chooseTiny(host);
  await host.page.getByLabel(/A GGUF file of this device/).setInputFiles(join(folder, "letter.gguf"));
  await host.page.getByText("letter.gguf cannot be used").waitFor();
  expect(await faults(host.page)).toEqual([]);
  await host.start("Start the ring");
  const kept = donor.page.locator("summary", { hasText: "Kept on this device" });
  await kept.focus();
  await donor.page.keyboard.press("Enter");
  const remove = donor.page.getByRole("button", { name: /^Delete file_tiny/ });
  await remove.waitFor();
  for (const { page } of [host, donor]) expect(await faults(page)).toEqual([]);
  await remove.focus();
  await donor.page.keyboard.press("Enter");
  await donor.page.getByText("No weights are kept").waitFor();
  await end(host, donor);
});

it.each([
  [
    "out-of-memory",
    "This device ran out of memory",
    "join again with less memory",
    "Not enough memory",
    "Invite one more device",
  ],
  [
    "device-lost",
    "The graphics processor gave up",
    "Reload this page and join again",
    "A graphics processor gave up",
    "the main processor only",
  ],
  [
    "known-answer",
    "This device computes wrong numbers",
    "Try another browser",
    "A device computes wrong numbers",
    "Leave that device out",
  ],
] as const)("a device whose engine says %s in a running ring", async (reason, title, next, hostTitle, hostNext) => {
  const host = await HostPerson.open(browser, server, lookedAt);
  const donor = await DonorPerson.open(browser, await host.invitation(), { ...lookedAt, init: engineThatCanSay });
  await donor.join("Anna’s phone");
  await host.devices.nth(1).getByText("lends up to").waitFor();
  await chooseTiny(host);
  await host.start("Start the ring");
  await donor.page.evaluate(
    (why) => globalThis.engineSays?.({ kind: "failed", from: null, reason: why, message: "it said so." }),
    reason,
  );
  await donor.page.getByText(title).waitFor();
  await eventually(() => said(donor.page)).toContain(next);
  await host.page.getByText("The ring has ended").waitFor();
  for (const words of [hostTitle, "Anna’s phone: it said so.", hostNext])
    await eventually(() => said(host.page)).toContain(words);
  for (const { page } of [host, donor]) expect(await faults(page)).toEqual([]);
  await end(host, donor);
});
