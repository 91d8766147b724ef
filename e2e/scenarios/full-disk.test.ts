/** A browser that has no room left for this page: people are told, with a next step, and the ring goes on from memory. */
import type { Page } from "playwright";
import { afterAll, expect, it } from "vitest";
import { DonorPerson, HostPerson, opened } from "./people.ts";

const { browser, server, close } = await opened();
afterAll(close);

/** As long as the page is open. */
async function leaveRoom(page: Page, quotaSize: number): Promise<void> {
  const browserOfIt = await page.context().newCDPSession(page);
  await browserOfIt.send("Storage.overrideQuotaForOrigin", { origin: new URL(server.url).origin, quotaSize });
}

it("a disk that fills while weights come: host and donor say so, and answer from memory", async () => {
  const host = await HostPerson.open(browser, server);
  const donor = await DonorPerson.open(browser, await host.invitation());
  // Less than any half of the model takes, and more than nothing.
  for (const { page } of [host, donor]) await leaveRoom(page, 15e6);
  await donor.join("Anna’s phone");
  await host.arrived(1);
  await host.start("Start the ring");
  for (const { page } of [host, donor]) {
    const said = await page.getByText("is full: the ring goes on from memory").innerText();
    expect(said).toContain("Free some disk space");
    await page.getByText("Kept on this device").click();
    await page.getByRole("list", { name: "Kept on this device" }).getByText("smollm2-135m-instruct").waitFor();
  }
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  await donor.page.getByText(/[1-9]\d* tokens computed/).waitFor();
  await Promise.all([host.page.context().close(), donor.page.context().close()]);
});

it("a disk that was full before the page came is told from a private window, and the conversation's loss is announced", async () => {
  const host = await HostPerson.open(browser, server);
  await leaveRoom(host.page, 1000);
  await host.page.reload();
  await host.page.getByText("The disk is full", { exact: true }).click();
  await host.page.getByText("the model is fetched anew on every visit; free some disk space").waitFor();
  await host.start("Start the ring");
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  await host.page.getByText("this conversation is not kept").waitFor();
  expect(await host.page.getByText("private window").count()).toBe(0);
  await host.page.context().close();
});

it("where the room ends, the model that was unused for the longest time makes place, and is named", async () => {
  const host = await HostPerson.open(browser, server);
  await host.page.evaluate(plant, { name: "an-old-model", usedMs: 1, sizeBytes: 60e6 });
  await host.page.evaluate(plant, { name: "a-newer-model", usedMs: 2, sizeBytes: 10e6 });
  // Enough for two of the three: SmolLM2 takes 97 MB.
  await leaveRoom(host.page, 150e6);
  await host.start("Start the ring");
  await host.page.getByText("Kept on this device").click();
  await host.page.getByText("Stored weights of an-old-model were deleted to make room").waitFor();
  const kept = host.page.getByRole("list", { name: "Kept on this device" });
  await kept.getByText("smollm2-135m-instruct").waitFor();
  await kept.getByText("a-newer-model").waitFor();
  await kept.getByText("an-old-model").waitFor({ state: "detached" });
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  await host.page.context().close();
});

/** What an earlier visit with another model left. Runs in the page. */
async function plant({ name, usedMs, sizeBytes }: { name: string; usedMs: number; sizeBytes: number }): Promise<void> {
  const weights = await (await navigator.storage.getDirectory()).getDirectoryHandle("weights", { create: true });
  const folder = await weights.getDirectoryHandle(name, { create: true });
  for (const [file, content] of [
    [".used", String(usedMs)],
    ["tensor", new Uint8Array(sizeBytes)],
  ] as const) {
    const writable = await (await folder.getFileHandle(file, { create: true })).createWritable();
    await writable.write(content);
    await writable.close();
  }
}
