/** What a page fetches before its first sight, and a donor's before they have decided to lend their device. */
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright";
import { afterAll, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { HostPerson, opened, page as built } from "./people.ts";

/** Gzipped, onnxruntime-web's own files apart, which come after Join. */
const MOST_BYTES = { donor: 36_000, host: 30_000 };

const { browser, server, close } = await opened();
afterAll(close);

it("a donor's page is there with at most 36 KB of script, and Join brings the rest", async () => {
  const host = await HostPerson.open(browser, server);
  const link = await host.invitation();
  const page = await (await browser.newContext()).newPage();
  const scripts = scriptsOf(page);
  const faults: string[] = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.goto(link);
  const join = page.getByRole("button", { name: "Join", exact: true });
  await join.waitFor();
  await page.waitForLoadState("networkidle");
  const before = scripts.size;
  const bytes = await gzipped(scripts);
  console.log(`a donor's page before Join: ${(bytes / 1000).toFixed(1)} KB of script, gzipped, in ${before} files`);
  expect(before).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES.donor);
  await join.click();
  await page.getByRole("heading", { name: "In the room" }).waitFor();
  expect(scripts.size).toBeGreaterThan(before);
  expect(faults).toEqual([]);
});

it("a host's first sight needs at most 30 KB of script, and stands while the rest does not come", async () => {
  const first = await readFile(`${built}/index.html`, "utf8");
  const page = await (await browser.newContext()).newPage();
  const scripts = scriptsOf(page);
  const held: string[] = [];
  let letCome: () => void = () => undefined;
  const mayCome = new Promise<void>((resolve) => (letCome = resolve));
  await page.route("**/*.js", async (route) => {
    const name = new URL(route.request().url()).pathname.split("/").at(-1) ?? "";
    if (!first.includes(name)) {
      held.push(name);
      await mayCome;
    }
    await route.continue();
  });
  await page.goto(server.url, { waitUntil: "commit" });
  await page.getByRole("status").getByText("Opening a room…").waitFor();
  await eventually(() => held.length).toBeGreaterThan(0);
  const before = scripts.size;
  const bytes = await gzipped(scripts);
  console.log(`a host's first sight: ${(bytes / 1000).toFixed(1)} KB of script, gzipped, in ${before} files`);
  expect(before).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES.host);
  letCome();
  await page.getByRole("textbox", { name: "Invitation link" }).waitFor({ timeout: 90_000 });
});

/** By address, as they come, also those of the page's workers. */
function scriptsOf(page: Page): ReadonlyMap<string, Promise<Buffer>> {
  const scripts = new Map<string, Promise<Buffer>>();
  page.context().on("response", (response) => {
    if (/javascript/.test(response.headers()["content-type"] ?? "")) scripts.set(response.url(), response.body());
  });
  return scripts;
}

async function gzipped(scripts: ReadonlyMap<string, Promise<Buffer>>): Promise<number> {
  const sizes = await Promise.all([...scripts.values()].map(async (body) => gzipSync(await body).length));
  return sizes.reduce((all, size) => all + size, 0);
}
