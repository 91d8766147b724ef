/** A phone as donor: small screen, touch, an app in front of the page, a tab that its system ended. */
import type { RunningServer } from "@jupiter/signaling-server";
import { devices, type Browser } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { DonorPerson, HostPerson, serve } from "./people.ts";

let browser: Browser;
let server: RunningServer;
let host: HostPerson;
let phone: DonorPerson;

beforeAll(async () => {
  [browser, server] = [await launchChromium(), await serve()];
  host = await HostPerson.open(browser, server);
  phone = await DonorPerson.open(browser, await host.invitation(), devices["Pixel 7"]);
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

it("offers what it chooses to, and says so to the host", async () => {
  const overflow = () => phone.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(await overflow()).toBeLessThanOrEqual(0);
  const slider = phone.page.getByRole("slider");
  await slider.fill(String(512 * 2 ** 20));
  expect(await slider.getAttribute("aria-valuetext")).toBe("537 MB");
  await phone.join("Anna’s phone");
  await host.devices.getByText("lends up to 537 MB").waitFor();
  expect(await overflow()).toBeLessThanOrEqual(0);
});

it("says goodbye when it is hidden, and is there again when it is seen", async () => {
  await host.start("Start the ring");
  await phone.page.getByText(/In the ring/).waitFor();
  await phone.show(false);
  await host.page.getByText("The ring has ended").waitFor();
  await host.page.getByText("Nobody has joined yet").waitFor();
  expect(await phone.text()).toContain("joins again when you are back");
  await phone.show(true);
  await host.devices.getByText("Anna’s phone").waitFor();
  await phone.page.getByRole("heading", { name: "In the room" }).waitFor();
});

it("offers less after its system ended the page", async () => {
  await host.start("Start again");
  await phone.page.getByText(/In the ring/).waitFor();
  // A window opened by the page starts with its session's store: as a tab does that the system ended and loads anew.
  const [again] = await Promise.all([
    phone.page.waitForEvent("popup"),
    phone.page.evaluate(() => void open(location.href)),
  ]);
  await again.getByText("The system closed this page").waitFor();
  expect(await again.getByRole("slider").getAttribute("aria-valuetext")).toBe("336 MB");
});
