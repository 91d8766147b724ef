/** The page from a host of static files, below a folder, with its rooms and models on a server elsewhere. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningServer } from "@jupiter/signaling-server";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildStatic } from "../../scripts/build-static.mjs";
import { launchChromium } from "../chromium.ts";
import { staticHost, type StaticHost } from "../static-host.ts";
import { eventually } from "./eventually.ts";
import { DonorPerson, HostPerson, page as dist, serve } from "./people.ts";
import { allForbidden, farServer, forbiddenIn, gotThrough, NOTHING, slipIn, watchPolicy } from "./slipped-in.ts";

const site = mkdtempSync(join(tmpdir(), "jupiter-site-"));
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
let browser: Browser;
let server: RunningServer;
/** As hosts that cannot set headers: built for the server. */
let bare: StaticHost;
/** The page as built for any server, which each address names. */
let isolated: StaticHost;

beforeAll(async () => {
  browser = await launchChromium();
  [bare, isolated] = [await staticHost(site), await staticHost(dist, ISOLATED)];
  server = await serve({ origins: [bare.origin, isolated.origin] });
  buildStatic({ signal: new URL(server.url).origin, out: site, say: console.error });
});

afterAll(async () => {
  await browser.close();
  await Promise.all([bare[Symbol.asyncDispose](), isolated[Symbol.asyncDispose](), server.close()]);
  rmSync(site, { recursive: true });
});

it("without isolation: a host and a donor answer, weights come from the rooms' server, and the page may ask no other", async () => {
  const host = await HostPerson.open(browser, { url: `${bare.origin}/ring/` }, { init: watchPolicy });
  expect(await host.page.evaluate(() => crossOriginIsolated)).toBe(false);
  const link = await host.invitation();
  expect(link).toMatch(new RegExp(`^${bare.origin}/ring/#r=`));
  const donor = await DonorPerson.open(browser, link);
  const models: string[] = [];
  host.page.context().on("request", (request) => {
    if (request.url().includes(".gguf")) models.push(new URL(request.url()).origin);
  });
  await donor.join("Anna’s phone");
  await host.arrived(1);
  await host.start("Start the ring");
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  await donor.page.getByText(/[1-9]\d* tokens computed/).waitFor();
  expect(new Set(models)).toEqual(new Set([new URL(server.url).origin]));
  expect(await forbiddenIn(host.page)).toEqual([]);
  const other = await host.page.evaluate(
    (url) => fetch(url).then(() => "answered", String),
    `${isolated.origin}/ring/`,
  );
  expect(other).toContain("Failed to fetch");
  await host.page.context().close();
  await donor.page.context().close();
});

it("without headers the policy that was built into the page stops what is slipped into it", async () => {
  await using far = await farServer();
  const { page } = await HostPerson.open(browser, { url: `${bare.origin}/ring/` }, { init: watchPolicy });
  await page.evaluate(slipIn, far.url);
  await eventually(() => forbiddenIn(page)).toEqual(allForbidden(far.url));
  expect(await gotThrough(page, far)).toEqual(NOTHING);
  await page.context().close();
});

it("isolated: the invitation names the server, and who opens it is in the room", async () => {
  const signal = new URL(server.url).origin;
  const host = await HostPerson.open(browser, { url: `${isolated.origin}/ring/?signal=${signal}` });
  const link = await host.invitation();
  expect(link).toMatch(new RegExp(`^${isolated.origin}/ring/\\?signal=${signal}#r=`));
  // Alone: weights from another origin come into an isolated page.
  await host.start("Start the ring");
  const donor = await DonorPerson.open(browser, link);
  await donor.join("Anna’s phone");
  await host.devices.getByText("Anna’s phone").waitFor();
  for (const { page } of [host, donor]) expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await host.page.context().close();
  await donor.page.context().close();
});

it("a page that the server does not let in, one that may not ask it, and an address that is none say what to do", async () => {
  const signal = new URL(server.url).origin;
  const stranger = await serve();
  const strange = new URL(stranger.url).origin;
  const cases = [
    [
      `${isolated.origin}/ring/?signal=${strange}`,
      "takes no pages from this address; it must be allowed there by --origin",
    ],
    [`${server.url}?signal=${strange}`, `This page may not ask ${strange}`],
    [`${bare.origin}/ring/?signal=${strange}`, `This page uses the rooms of ${signal} alone`],
    [`${isolated.origin}/ring/?signal=ring.example`, "After signal= an address such as"],
  ] as const;
  for (const [url, words] of cases) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await page.getByRole("alert").getByText(words).waitFor();
    await context.close();
  }
  await stranger.close();
});
