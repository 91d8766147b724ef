/** What goes wrong: starts that fail, browsers that lack something, devices, links and servers that go. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { keepApart, takeAway, wasEnded } from "../broken-browsers.ts";
import { damagedModel } from "../damaged-model.ts";
import { engineThatCanSay } from "../engine-voice.ts";
import { DonorPerson, HostPerson, serve } from "../scenarios/people.ts";
import { chooseTiny, roomOf, toTop, type World } from "./world.ts";

/** Starts that fail: too little memory, a model whose file is damaged where a donor's layers are. */
export async function refusals({ browser, server, camera }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  const small = await DonorPerson.open(browser, await host.invitation());
  await small.page.getByRole("slider").fill(String(192 * 2 ** 20));
  await small.join("Old phone");
  await host.page.getByText("lends up to").waitFor();
  await host.page.getByText("Options", { exact: true }).click();
  await host.page.getByRole("combobox", { name: "This device computes" }).selectOption("none");
  await host.page.getByRole("button", { name: "Start the ring" }).click();
  await host.page.getByText("Not enough memory").waitFor({ timeout: 120_000 });
  await camera.take(host.page, "host-not-enough-memory");
  const tiny = await DonorPerson.open(browser, await host.invitation());
  await tiny.page.getByRole("slider").fill(String(64 * 2 ** 20));
  await tiny.join("Kitchen tablet");
  await host.arrived(2);
  await host.page.getByRole("combobox", { name: "This device computes" }).selectOption("first");
  await host.page.getByText("Options", { exact: true }).click();
  await host.page.getByRole("button", { name: /^Start again/ }).click();
  await host.ready();
  await toTop(host.page);
  await camera.take(host.page, "host-too-small-left-out");
}

export async function damaged({ browser, camera }: World): Promise<void> {
  await using place = await damagedModel();
  const server = await serve({ models: [place.folder] });
  const { host, donors } = await roomOf(browser, server, ["Anna’s iPhone"]);
  const [anna] = donors as [DonorPerson];
  await host.page.getByRole("button", { name: "Start the ring" }).click();
  await host.page.getByText("The ring did not start").waitFor({ timeout: 120_000 });
  await camera.take(host.page, "host-checksum");
  await camera.take(anna.page, "donor-checksum");
  await server.close();
}

/** Browsers that lack something, and a tab that its system ended. */
export async function hindrances({ browser, server, camera }: World): Promise<void> {
  const bare = await HostPerson.open(browser, server, { init: takeAway });
  await bare.page.locator(".hindrances details").last().waitFor();
  for (const summary of await bare.page.locator(".hindrances summary").all()) await summary.click();
  await camera.take(bare.page, "host-bare-browser");
  const full = await HostPerson.open(browser, server);
  const devtools = await full.page.context().newCDPSession(full.page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: new URL(server.url).origin, quotaSize: 1000 });
  await full.page.reload();
  await full.page.getByText("The disk is full", { exact: true }).click();
  await camera.take(full.page, "host-full-disk");
  const donor = await DonorPerson.open(browser, await bare.invitation(), { init: wasEnded });
  await donor.page.getByText("The system closed this page").waitFor();
  for (const summary of await donor.page.locator(".hindrances summary").all()) await summary.click();
  await camera.take(donor.page, "donor-ended-by-system");
  const insecure = await HostPerson.open(browser, server, {
    init: () => void Object.defineProperty(globalThis, "isSecureContext", { value: false }),
  });
  await insecure.page.getByText("This address is not secure").waitFor();
  await camera.take(insecure.page, "insecure");
}

/** A device that cannot be reached. */
export async function links({ browser, server, camera }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  const donor = await DonorPerson.open(browser, await host.invitation(), { init: keepApart });
  await donor.join("Guest Wi-Fi tablet");
  await donor.page.getByText("The host cannot reach this device").waitFor({ timeout: 60_000 });
  await host.devices.getByText("The usual reasons").waitFor();
  await camera.take(host.page, "host-unreachable-device");
  await camera.take(donor.page, "donor-unreachable");
}

/** The server goes. */
export async function ends({ browser, server, camera }: World): Promise<void> {
  const { host, donors } = await roomOf(browser, server, ["Anna’s iPhone"]);
  const [anna] = donors as [DonorPerson];
  await server.close();
  await host.page.getByText("The server cannot be reached").waitFor();
  await anna.page.getByText("The server cannot be reached").waitFor();
  await camera.take(host.page, "host-server-gone");
  await camera.take(anna.page, "donor-server-gone");
  const late = await HostPerson.open(browser, server).catch(() => null);
  if (late !== null) throw new Error("a server that was closed still serves");
}

/** A device whose graphics processor gives up, runs out of memory, or computes wrong numbers; the page of each, and the host's card of it. */
export async function broken({ browser, server, camera, scratch }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  const donor = await DonorPerson.open(browser, await host.invitation(), { init: engineThatCanSay });
  await donor.join("Anna’s phone");
  await host.arrived(1);
  await chooseTiny(host, scratch);
  for (const [reason, title, message] of [
    ["device-lost", "The graphics processor gave up", "the WebGPU device was lost"],
    ["out-of-memory", "This device ran out of memory", "an allocation of 212 MB failed"],
    ["known-answer", "This device computes wrong numbers", "matmul answers 0.71 instead of 0.93"],
  ] as const) {
    await host.page.getByRole("button", { name: /^Start (the ring|again)/ }).click();
    await host.ready();
    await donor.page.evaluate((said) => globalThis.engineSays?.({ kind: "failed", from: null, ...said }), {
      reason,
      message,
    });
    await donor.page.getByText(title).waitFor();
    await host.page.getByText("The ring has ended").waitFor();
    await camera.take(donor.page, `donor-${reason}`);
    await camera.take(host.page, `host-${reason}`);
  }
}

/** Addresses that lead nowhere, and a file that is no model. */
export async function addresses({ browser, server, camera, scratch }: World): Promise<void> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${server.url}?signal=ftp://elsewhere.example`);
  await page.getByText("This link does not work").waitFor();
  await camera.take(page, "bad-address");
  const stranger = await serve();
  await page.goto(`${server.url}?signal=${new URL(stranger.url).origin}`);
  await page.getByText("The room could not be opened").waitFor();
  await camera.take(page, "host-room-not-opened");
  await stranger.close();
  const host = await HostPerson.open(browser, server);
  const letter = join(scratch, "letter.gguf");
  writeFileSync(letter, "Dear Anna, this is no model.");
  await host.page.getByText(/^Model: /).click();
  await host.page.getByLabel(/A GGUF file of this device/).setInputFiles(letter);
  await host.page.getByText("letter.gguf cannot be used").waitFor();
  await camera.take(host.page, "host-file-refused");
}
