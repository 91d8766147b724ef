/** What a person's device fetches before they have decided to lend it. */
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { HostPerson, serve } from "./people.ts";

/** Gzipped, onnxruntime-web's own files apart, which come after Join. */
const MOST_SCRIPT_BYTES = 60_000;

it("a donor's page is there with at most 60 KB of script, and Join brings the rest", async () => {
  const [browser, server] = [await launchChromium(), await serve()];
  const host = await HostPerson.open(browser, server);
  const link = await host.invitation();
  const page = await (await browser.newContext()).newPage();
  const scripts = new Map<string, Promise<Buffer>>();
  page.context().on("response", (response) => {
    if (/javascript/.test(response.headers()["content-type"] ?? "")) scripts.set(response.url(), response.body());
  });
  const faults: string[] = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.goto(link);
  const join = page.getByRole("button", { name: "Join", exact: true });
  await join.waitFor();
  await page.waitForLoadState("networkidle");
  const before = [...scripts.keys()];
  const sizes = await Promise.all([...scripts.values()].map(async (body) => gzipSync(await body).length));
  const sum = sizes.reduce((all, size) => all + size, 0);
  console.log(`a donor's page before Join: ${(sum / 1000).toFixed(1)} KB of script, gzipped, in ${sizes.length} files`);
  expect(before.length).toBeGreaterThan(0);
  expect(sum).toBeLessThanOrEqual(MOST_SCRIPT_BYTES);
  await join.click();
  await page.getByRole("heading", { name: "In the room" }).waitFor();
  expect(scripts.size).toBeGreaterThan(before.length);
  expect(faults).toEqual([]);
  await browser.close();
  await server.close();
});
