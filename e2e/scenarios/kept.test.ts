/** Weights in the browser's store: fetched once, checked at every load, seen and deleted by people. SmolLM2, the host alone. */
import type { RunningServer } from "@jupiter/signaling-server";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { HaltingProxy } from "../halting-proxy.ts";
import { eventually } from "./eventually.ts";
import { HostPerson, serve } from "./people.ts";

let browser: Browser;
let server: RunningServer;
/** What the page takes for the server. */
let proxy: HaltingProxy;
let host: HostPerson;
/** Requests for bytes of models since it was emptied, as `Range` headers. */
const ranges: string[] = [];

beforeAll(async () => {
  [browser, server] = [await launchChromium(), await serve()];
  proxy = await HaltingProxy.before(server);
  host = await HostPerson.open(browser, proxy);
  // Other than the header, which is read anew each time.
  host.page.context().on("request", (request) => {
    const range = request.headers()["range"];
    if (request.url().includes(".gguf") && range !== undefined && !range.startsWith("bytes=0-")) ranges.push(range);
  });
});

afterAll(async () => {
  await browser.close();
  await proxy[Symbol.asyncDispose]();
  await server.close();
});

const sumOf = (asked: readonly string[]) =>
  asked.reduce((sum, range) => {
    const [from = 0, to = 0] = range.replace("bytes=", "").split("-").map(Number);
    return sum + to - from + 1;
  }, 0);

const bytesAsked = () => sumOf(ranges.splice(0));

async function startAnew(): Promise<number> {
  await host.page.reload();
  ranges.length = 0;
  await host.start("Start the ring");
  return bytesAsked();
}

it("a start that was given up keeps what it fetched: the next one fetches the rest", async () => {
  // Half-way all stands still until it is given up, however quick this machine is.
  proxy.haltAfter(40e6);
  await host.page.getByRole("button", { name: "Start the ring" }).click();
  await eventually(() => proxy.halted).toBeGreaterThan(0);
  await host.page.getByRole("button", { name: "Cancel" }).click();
  await host.page.getByText("The start was given up.").waitFor();
  proxy.letAllGoOn();
  const before = bytesAsked();
  await host.start("Start again");
  const after = bytesAsked();
  expect(before + after).toBeGreaterThan(90e6);
  expect(after).toBeLessThan(98e6 - before + 15e6); // what was on its way is lost
});

it("a second start fetches no weights, also after a reload", async () => {
  expect(await startAnew()).toBeLessThan(5e6); // metadata of the file's header, at most
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
});

it("a damaged tensor is noticed and fetched again, alone", async () => {
  const damagedBytes = await host.page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await (await root.getDirectoryHandle("weights")).getDirectoryHandle("smollm2-135m-instruct");
    for await (const handle of folder.values()) {
      if (!(handle instanceof FileSystemFileHandle)) continue;
      const { size } = await handle.getFile();
      if (size < 100_000) continue;
      const writable = await handle.createWritable({ keepExistingData: true });
      await writable.write({ type: "write", position: 1000, data: new Uint8Array(16) });
      await writable.close();
      return size;
    }
    return 0;
  });
  expect(damagedBytes).toBeGreaterThan(0);
  const asked = await startAnew();
  expect(asked).toBeGreaterThanOrEqual(damagedBytes);
  expect(asked).toBeLessThan(damagedBytes + 5e6);
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
});

it("people see what is kept, and delete it; two tabs that start then fetch it once", async () => {
  await host.page.getByText("Kept on this device").click();
  const kept = host.page.getByRole("list", { name: "Kept on this device" });
  await kept.getByText("smollm2-135m-instruct, 9").waitFor();
  await kept.getByRole("button", { name: "Delete smollm2-135m-instruct" }).click();
  await host.page.getByText("No weights are kept").waitFor();
  const other = await HostPerson.openBeside(host, proxy);
  ranges.length = 0;
  await Promise.all([host.start("Start again"), other.start("Start the ring")]);
  const asked = bytesAsked();
  expect(asked).toBeGreaterThan(90e6);
  expect(asked).toBeLessThan(110e6);
});
