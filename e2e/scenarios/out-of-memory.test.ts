/**
 * Memory that really ends: V8 refuses to let any wasm memory of the browser grow beyond some pages of 64 KiB. Enough for proofs and measurements, not
 * for all layers of SmolLM2 (68 MB).
 */
import { afterAll, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { eventually } from "./eventually.ts";
import { findings, lookedAt, notByKeyboard } from "./findings.ts";
import { DonorPerson, HostPerson, opened } from "./people.ts";

const { browser, server, close } = await opened();
const small = await launchChromium(["--js-flags=--wasm-max-mem-pages=800"]);
afterAll(async () => {
  await small.close();
  await close();
});

/** On this page, which layers a plan gives to whom is not left to measured times. */
async function hostComputesNothing({ page }: HostPerson): Promise<void> {
  await page.getByText("Options", { exact: true }).click();
  await page.getByRole("combobox", { name: "This device computes" }).selectOption("none");
}

it("a device whose memory ends while it loads: both pages say so, and the ring comes about without it", async () => {
  const host = await HostPerson.open(browser, server, lookedAt);
  const donor = await DonorPerson.open(small, await host.invitation(), lookedAt);
  await donor.join("Anna’s phone");
  await host.arrived(1);
  await hostComputesNothing(host);
  await host.page.getByRole("button", { name: "Start the ring" }).click();

  await donor.page.getByText("This device ran out of memory").waitFor({ timeout: 120_000 });
  for (const words of ["This tab's memory is full", "MB more were needed", "join again with less memory"])
    await eventually(() => donor.text()).toContain(words);
  await host.page.getByRole("paragraph").getByText("Not enough memory").waitFor();
  await host.page.getByText("Anna’s phone: This tab's memory is full").first().waitFor();
  for (const { page } of [host, donor]) {
    expect(await findings(page)).toEqual([]);
    expect(await notByKeyboard(page)).toEqual([]);
  }

  await host.start("Start without Anna’s phone");
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  await Promise.all([host.page.context().close(), donor.page.context().close()]);
});

it("a host whose memory ends says so, and answers with a device that takes its layers", async () => {
  const host = await HostPerson.open(small, server, lookedAt);
  await host.page.getByRole("button", { name: "Start the ring" }).click();
  await host.page.getByText("Not enough memory").waitFor({ timeout: 120_000 });
  await host.page.getByText("This tab's memory is full").waitFor();
  await host.page.getByText("Invite one more device").waitFor();
  expect(await findings(host.page)).toEqual([]);

  const donor = await DonorPerson.open(browser, await host.invitation());
  await donor.join("Ben’s laptop");
  await host.arrived(1);
  await hostComputesNothing(host);
  await host.start("Start again");
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  await Promise.all([host.page.context().close(), donor.page.context().close()]);
});
