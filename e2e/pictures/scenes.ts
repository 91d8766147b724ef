/** What is photographed, in the order in which people meet it. Each scene has a server of its own; SmolLM2 answers. */
import type { RunningServer } from "@jupiter/signaling-server";
import type { Browser } from "playwright";
import { keepApart, takeAway, wasEnded } from "../broken-browsers.ts";
import { damagedModel } from "../damaged-model.ts";
import { DonorPerson, HostPerson, serve } from "../scenarios/people.ts";
import type { Camera } from "./camera.ts";

interface World {
  readonly browser: Browser;
  readonly server: RunningServer;
  readonly camera: Camera;
  /** Folder of the pictures that documents show. */
  readonly documents: string;
}

type Scene = (world: World) => Promise<void>;

export const scenes: Readonly<Record<string, Scene>> = {
  meeting,
  answering,
  leaving,
  refusals,
  damaged,
  hindrances,
  links,
  ends,
};

/** A new room, its details, who joins and who could not. */
async function meeting({ browser, server, camera }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  await host.page.getByText("Nobody has joined yet").waitFor();
  await camera.take(host.page, "host-new-room");
  for (const label of ["Code for cameras", "Options", "How it answers", "Kept on this device"])
    await host.page.getByText(label, { exact: true }).click();
  await camera.take(host.page, "host-details");
  const cut = await DonorPerson.open(browser, (await host.invitation()).slice(0, -8));
  await cut.page.getByRole("button", { name: "Join", exact: true }).click();
  await cut.page.getByText("copy it whole").waitFor();
  await camera.take(cut.page, "donor-refused");
  const anna = await DonorPerson.open(browser, await host.invitation(), { userAgent: IPHONE });
  await camera.take(anna.page, "donor-join");
  await anna.join("Anna’s iPhone");
  await camera.take(anna.page, "donor-waiting");
  const ben = await DonorPerson.open(browser, await host.invitation());
  await ben.join("Ben’s laptop");
  await host.arrived(2);
  for (const label of ["Code for cameras", "Options", "How it answers", "Kept on this device"])
    await host.page.getByText(label, { exact: true }).click();
  await camera.take(host.page, "host-devices");
  const trust = await (await browser.newContext()).newPage();
  await trust.goto(`${server.url}trust`);
  await camera.take(trust, "trust");
}

/** A ring is put together, answers, and is looked at. */
async function answering({ browser, server, camera, documents }: World): Promise<void> {
  const { host, donors } = await roomOf(
    browser,
    server,
    ["Anna’s iPhone", "Ben’s laptop", "Classroom PC"],
    stopHalfway,
  );
  const [anna] = donors as [DonorPerson];
  await host.page.getByRole("button", { name: "Start the ring" }).click();
  await anna.page.getByText("Fetching layers").waitFor({ timeout: 120_000 });
  await camera.take(host.page, "host-starting");
  await camera.take(anna.page, "donor-loading");
  await anna.page.evaluate(() => globalThis.letGo?.());
  await host.ready();
  await camera.take(host.page, "host-ready");
  await host.ask("Write a Python function that adds two numbers.");
  await host.waitForText(120);
  await camera.keep(host.page, `${documents}/ring.png`, { width: 1440, scheme: "light" });
  await camera.take(host.page, "host-answering", "viewport");
  await camera.take(anna.page, "donor-serving");
  await host.answered();
  await camera.take(host.page, "host-answer");
  await camera.keep(anna.page, `${documents}/phone.png`, { width: 360, scheme: "dark" });
  await host.ask("Tell me a long story about a fisherman and the sea.");
  await host.waitForText(60);
  await host.page.getByRole("button", { name: "Show large" }).click();
  await camera.take(host.page, "host-large-ring", "viewport");
  await host.page.getByRole("button", { name: "Back" }).click();
  await host.page.getByRole("button", { name: "Start again" }).click();
  await camera.take(host.page, "host-start-cuts-answer");
  await host.page.getByRole("button", { name: "Keep writing" }).click();
  await host.page.getByRole("button", { name: "Stop" }).click();
  await host.answered();
  await host.page.getByRole("button", { name: "Edit" }).first().click();
  await host.page.locator(".chat-header summary").first().click();
  await camera.take(host.page, "host-editing-conversations");
}

/** Devices go; the page is loaded anew. */
async function leaving({ browser, server, camera }: World): Promise<void> {
  const { host, donors } = await roomOf(browser, server, ["Anna’s iPhone", "Ben’s laptop"]);
  const [anna, ben] = donors as [DonorPerson, DonorPerson];
  await host.start("Start the ring");
  await host.ask("Tell me a long story about a fisherman and the sea.");
  await host.waitForText(60);
  await anna.leave();
  await host.page.getByText("The ring has ended").waitFor();
  await camera.take(host.page, "host-device-left");
  await camera.take(anna.page, "donor-left");
  await camera.take(ben.page, "donor-ring-given-up");
  await host.page.reload();
  await host.page.getByText("loaded anew").waitFor();
  await camera.take(host.page, "host-reloaded");
  await host.page.getByRole("button", { name: "Close the room" }).click();
  await ben.page.getByText("The host closed the room.").waitFor();
  await camera.take(host.page, "host-closed");
  await camera.take(ben.page, "donor-room-closed");
}

/** Starts that fail: too little memory, a model whose file is damaged where a donor's layers are. */
async function refusals({ browser, server, camera }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  const small = await DonorPerson.open(browser, await host.invitation());
  await small.page.getByRole("slider").fill(String(64 * 2 ** 20));
  await small.join("Old phone");
  await host.page.getByText("lends up to").waitFor();
  await host.page.getByText("Options", { exact: true }).click();
  await host.page.getByRole("combobox", { name: "This device computes" }).selectOption("none");
  await host.page.getByRole("button", { name: "Start the ring" }).click();
  await host.page.getByText("Not enough memory").waitFor({ timeout: 120_000 });
  await camera.take(host.page, "host-not-enough-memory");
}

async function damaged({ browser, camera }: World): Promise<void> {
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
async function hindrances({ browser, server, camera }: World): Promise<void> {
  const bare = await HostPerson.open(browser, server, { init: takeAway });
  await bare.page.locator(".hindrances details").last().waitFor();
  for (const summary of await bare.page.locator(".hindrances summary").all()) await summary.click();
  await camera.take(bare.page, "host-bare-browser");
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
async function links({ browser, server, camera }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  const donor = await DonorPerson.open(browser, await host.invitation(), { init: keepApart });
  await donor.join("Guest Wi-Fi tablet");
  await donor.page.getByText("The host cannot reach this device").waitFor({ timeout: 60_000 });
  await host.devices.getByText("The usual reasons").waitFor();
  await camera.take(host.page, "host-unreachable-device");
  await camera.take(donor.page, "donor-unreachable");
}

/** The server goes. */
async function ends({ browser, server, camera }: World): Promise<void> {
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

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";

interface FilledRoom {
  readonly host: HostPerson;
  readonly donors: readonly DonorPerson[];
}

/** `init` runs in the first donor's page. */
async function roomOf(
  browser: Browser,
  server: RunningServer,
  names: readonly string[],
  init?: () => void,
): Promise<FilledRoom> {
  const host = await HostPerson.open(browser, server);
  const donors: DonorPerson[] = [];
  for (const name of names) {
    const donor = await DonorPerson.open(browser, await host.invitation(), {
      ...(name.includes("iPhone") ? { userAgent: IPHONE } : {}),
      ...(init !== undefined && donors.length === 0 ? { init } : {}),
    });
    await donor.join(name);
    donors.push(donor);
  }
  await host.devices.nth(names.length).waitFor();
  return { host, donors };
}

/** Runs in the page before its own scripts, after a third of its bytes its engine is not heard until `letGo`. */
function stopHalfway(): void {
  const unheard: (() => void)[] = [];
  let isHeld: boolean | null = null;
  globalThis.letGo = () => {
    isHeld = false;
    for (const hear of unheard.splice(0)) hear();
  };
  const later = (listener: (event: MessageEvent<unknown>) => void) => (event: MessageEvent<unknown>) => {
    const { kind, phase, loadedBytes, totalBytes } = (event.data ?? {}) as Readonly<Record<string, unknown>>;
    if (kind === "progress" && phase === "fetching" && Number(loadedBytes) > Number(totalBytes) / 3) isHeld ??= true;
    if (isHeld === true) unheard.push(() => listener(event));
    else listener(event);
  };
  Object.defineProperty(MessagePort.prototype, "onmessage", {
    set(this: MessagePort, listener: (event: MessageEvent<unknown>) => void) {
      this.addEventListener("message", later(listener));
      this.start();
    },
  });
  globalThis.Worker = class extends Worker {
    override addEventListener(type: string, listener: EventListenerOrEventListenerObject): void {
      super.addEventListener(type, type === "message" ? (later(listener as () => void) as EventListener) : listener);
    }
  };
}

declare global {
  var letGo: (() => void) | undefined;
}
