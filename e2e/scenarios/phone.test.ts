/** Phones: small screen, touch, a processor four times slower; an app in front of the page, a tab that its system ended. One hosts, one lends. */
import type { RunningServer } from "@jupiter/signaling-server";
import { devices, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { eventually } from "./eventually.ts";
import { DonorPerson, HostPerson, serve } from "./people.ts";

let browser: Browser;
let server: RunningServer;
let host: HostPerson;
let phone: DonorPerson;

beforeAll(async () => {
  [browser, server] = [await launchChromium(), await serve()];
  host = await HostPerson.open(browser, server, devices["Pixel 7"]);
  phone = await DonorPerson.open(browser, await host.invitation(), { ...devices["Pixel 7"], init: countLocks });
  for (const { page } of [host, phone]) {
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  }
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

/** Screens that the page keeps on. */
const locks = () => phone.page.evaluate(() => globalThis.locksHeld);

declare global {
  var locksHeld: number | undefined;
}

/** Runs in the page before its own scripts. */
function countLocks(): void {
  globalThis.locksHeld = 0;
  const request = navigator.wakeLock.request.bind(navigator.wakeLock);
  navigator.wakeLock.request = async (type) => {
    const lock = await request(type);
    globalThis.locksHeld = (globalThis.locksHeld ?? 0) + 1;
    lock.addEventListener("release", () => (globalThis.locksHeld = (globalThis.locksHeld ?? 0) - 1));
    return lock;
  };
}

const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

it("offers what it chooses to, and says so to the host", async () => {
  await eventually(() => overflow(phone.page)).toBeLessThanOrEqual(0);
  const slider = phone.page.getByRole("slider");
  await slider.fill(String(512 * 2 ** 20));
  await eventually(() => slider.getAttribute("aria-valuetext")).toBe("537 MB");
  await phone.join("Anna’s phone");
  await host.devices.getByText("lends up to 537 MB").waitFor();
  await eventually(() => overflow(phone.page)).toBeLessThanOrEqual(0);
});

it("a phone hosts by touch alone: ring, question, answer, the ring over the whole screen", async () => {
  const { page } = host;
  await eventually(locks).toBe(0);
  await page.getByRole("button", { name: "Start the ring" }).tap();
  await host.ready();
  await eventually(locks).toBe(1);
  await page.getByRole("button", { name: "Chat", exact: true }).tap();
  await page.getByRole("textbox", { name: "Message" }).tap();
  await page.keyboard.type("What is the capital of France?");
  await page.getByRole("button", { name: "Send" }).tap();
  expect(await host.answered()).toContain("Paris");
  await eventually(() => host.devices.nth(1).innerText()).toMatch(/\d+ of 30 layers, [\d.]+ ms a lap/);
  await eventually(() => overflow(page)).toBeLessThanOrEqual(0);
  await page.getByRole("button", { name: "Show large" }).tap();
  await page
    .getByRole("dialog")
    .getByRole("img", { name: /^The ring: / })
    .waitFor();
  await eventually(() => overflow(page)).toBeLessThanOrEqual(0);
  await eventually(() => page.getByRole("dialog").boundingBox()).toMatchObject({ x: 0, y: 0 });
  await page.getByRole("button", { name: "Back" }).tap();
});

it("says goodbye when it is hidden, and is there again when it is seen", async () => {
  await phone.page.getByText(/In the ring/).waitFor();
  await phone.show(false);
  await host.page.getByText("The ring has ended").waitFor();
  await host.page.getByText("Nobody has joined yet").waitFor();
  await eventually(() => phone.text()).toContain("joins again when you are back");
  await eventually(locks).toBe(0);
  await phone.show(true);
  await host.devices.getByText("Anna’s phone", { exact: true }).waitFor();
  await phone.page.getByRole("heading", { name: "In the room" }).waitFor();
});

/** A window opened by the page starts with a copy of its session's store: as a duplicated tab does, or one that the system ended and loads anew. */
async function openCopy(address: string): Promise<Page> {
  const [copy] = await Promise.all([
    phone.page.waitForEvent("popup"),
    phone.page.evaluate((url) => void open(url), address),
  ]);
  return copy;
}

it("a duplicated tab of a device that lends is a guest of its own, not the ruin of the first", async () => {
  await host.start("Start again");
  await phone.page.getByText(/In the ring/).waitFor();
  await eventually(locks).toBe(1);
  const copy = await openCopy(phone.page.url());
  await copy.getByRole("button", { name: "Join", exact: true }).click();
  await copy.getByRole("heading", { name: "In the room" }).waitFor();
  expect(await copy.locator("main").innerText()).not.toContain("The system closed this page");
  await copy.close();
});

it("offers less after its system ended the page", async () => {
  const again = await openCopy(new URL("/icon.svg", phone.page.url()).href);
  const link = phone.page.url();
  await phone.page.close();
  await again.goto(link);
  await again.getByText("The system closed this page").waitFor();
  await eventually(() => again.getByRole("slider").getAttribute("aria-valuetext")).toBe("336 MB");
});
