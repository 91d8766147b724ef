/** What every scene stands in, and rooms with devices in them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningServer } from "@jupiter/signaling-server";
import { tinyCheckpoint } from "@jupiter/testkit";
import type { Browser, Page } from "playwright";
import { DonorPerson, HostPerson } from "../scenarios/people.ts";
import type { Camera } from "./camera.ts";

export interface World {
  readonly browser: Browser;
  readonly server: RunningServer;
  readonly camera: Camera;
  /** Folder of the pictures that documents show. */
  readonly documents: string;
  /** Folder for files that a scene needs. */
  readonly scratch: string;
}

export type Scene = (world: World) => Promise<void>;

/** Beside the chat the room scrolls by itself; clicks have moved it. */
export const toTop = (page: Page) => page.locator(".room").evaluate((room) => room.scrollTo(0, 0));

/** A model of random weights, for states in which no answer is read: it loads at once. */
export async function chooseTiny({ page }: HostPerson, scratch: string, L = 2): Promise<void> {
  const file = join(scratch, "tiny.gguf");
  writeFileSync(file, tinyCheckpoint({ dims: { L } }));
  await page.getByText(/^Model: /).click();
  await page.getByLabel(/A GGUF file of this device/).setInputFiles(file);
  await page.getByText("Model: tiny llama with random weights").waitFor();
  await page.getByText(/^Model: /).click();
  await page.getByText("Options", { exact: true }).click();
  await page.getByRole("slider", { name: "Context" }).fill("512");
  await page.getByRole("combobox", { name: "This device computes" }).selectOption("none");
  const longest = page.getByRole("spinbutton", { name: "Longest answer" });
  await longest.fill("20");
  await longest.blur();
  await page.getByText("Options", { exact: true }).click();
  await toTop(page);
}

export const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";

interface FilledRoom {
  readonly host: HostPerson;
  readonly donors: readonly DonorPerson[];
}

interface RoomOptions {
  /** Runs in the first donor's page. */
  readonly init?: () => void;
  /** What each lends, in the order of the names. Absent: what its page proposes. */
  readonly pledgesMiB?: readonly number[];
}

export async function roomOf(
  browser: Browser,
  server: RunningServer,
  names: readonly string[],
  { init, pledgesMiB }: RoomOptions = {},
): Promise<FilledRoom> {
  const host = await HostPerson.open(browser, server);
  const donors: DonorPerson[] = [];
  for (const name of names) {
    const donor = await DonorPerson.open(browser, await host.invitation(), {
      ...(name.includes("iPhone") ? { userAgent: IPHONE } : {}),
      ...(init !== undefined && donors.length === 0 ? { init } : {}),
    });
    const pledgeMiB = pledgesMiB?.[donors.length];
    if (pledgeMiB !== undefined) await donor.page.getByRole("slider").fill(String(pledgeMiB * 2 ** 20));
    await donor.join(name);
    donors.push(donor);
  }
  await host.devices.nth(names.length).waitFor();
  return { host, donors };
}

/** Runs in the page before its own scripts: after a third of its bytes its engine is not heard until `letGo`. */
export function stopHalfway(): void {
  const unheard: (() => void)[] = [];
  let isHeld: boolean | null = null;
  let hasFetched = false;
  globalThis.letGo = () => {
    isHeld = false;
    for (const hear of unheard.splice(0)) hear();
  };
  const later = (listener: (event: MessageEvent<unknown>) => void) => (event: MessageEvent<unknown>) => {
    const { kind, phase, loadedBytes, totalBytes } = (event.data ?? {}) as Readonly<Record<string, unknown>>;
    const isFetching = kind === "progress" && phase === "fetching";
    // A small part comes at once: then what follows it is held, so that the last of it stays to be seen.
    if (hasFetched && !isFetching) isHeld ??= true;
    hasFetched ||= isFetching;
    if (isHeld === true) unheard.push(() => listener(event));
    else listener(event);
    if (isFetching && Number(loadedBytes) > Number(totalBytes) / 3) isHeld ??= true;
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
