/** A host at `localhost`, a phone that comes over https past the browser's warning: one room, as `npm start` serves it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localIdentity, type RunningServer } from "@jupiter/signaling-server";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { DonorPerson, HostPerson, serve } from "./people.ts";

const folder = mkdtempSync(join(tmpdir(), "jupiter-lan-"));
let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  const identity = await localIdentity({ folder, names: ["localhost"] });
  const secure = { ...identity, port: 0, host: "localhost", names: ["localhost"] };
  [browser, server] = [await launchChromium(), await serve({ secure })];
});

afterAll(async () => {
  await browser.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

it("the invitation leads to the https address, and who comes by it computes with the host", async () => {
  const host = await HostPerson.open(browser, server);
  expect(host.page.url()).toMatch(/^http:/);
  const link = await host.invitation();
  expect(link.startsWith(server.secureUrls[0] ?? "?")).toBe(true);
  // As after "Advanced, Proceed".
  const phone = await DonorPerson.open(browser, link, { ignoreHTTPSErrors: true });
  await phone.join("Anna’s phone");
  await host.devices.getByText("Anna’s phone").waitFor();
  // It has a name before it has a link, and a ring is made of those that have one.
  await host.arrived(1);
  await host.start("Start the ring");
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  await phone.page.getByText(/[1-9]\d* tokens computed/).waitFor();
});

it("the page about trust gives out the authority's certificate, and no page runs what is not the server's", async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const response = await page.goto(`${server.secureUrls[0] ?? ""}trust`);
  expect(response?.headers()["content-security-policy"]).not.toContain("unsafe-inline");
  for (const device of ["iPhone and iPad", "Android phone or tablet", "Laptop or desktop"]) {
    await page.getByRole("heading", { name: device }).waitFor();
  }
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "jupiter-authority.crt" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("jupiter-authority.crt");
  await context.close();
});
