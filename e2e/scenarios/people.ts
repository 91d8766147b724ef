/** People at their devices, for scenario tests: what they can click, type and see. Each device is a browser context of its own. */
import { fileURLToPath } from "node:url";
import { createServer, type RunningServer, type ServerOptions } from "@jupiter/signaling-server";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright";
import { ensureBuilt } from "../../scripts/build.mjs";
import { cacheFolder } from "../../scripts/models.mjs";
import { beforeWorkers, NAMING } from "../before-workers.ts";
import { launchChromium } from "../chromium.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The page, once `serve` or a command has built it. */
export const page = `${root}dist`;
/** SmolLM2 repeats its chorus over and over: asked first in a conversation, what it writes lasts until it is stopped, or as long as an answer may be. */
export const ENDLESS = "Write a poem about the sea.";
/** Of such an answer, in tokens: what is done in its midst is done before its end, on any machine. With the usual bound it is over in seconds. */
const LONG_ANSWER = 3500;
/** As the page has it where nobody chose another. */
const USUAL_ANSWER = 512;
/** A start checks kernels, times layers and loads weights, on cores that all devices share. */
const LINK_TIMEOUT_MS = 20_000;
const START_TIMEOUT_MS = 120_000;

export function serve(
  options: Partial<Pick<ServerOptions, "secure" | "origins" | "models" | "port">> = {},
): Promise<RunningServer> {
  ensureBuilt(console.error);
  return createServer({ port: 0, page, models: [`${root}models`, cacheFolder()], ...options });
}

interface Opened {
  readonly browser: Browser;
  readonly server: RunningServer;
  readonly close: () => Promise<void>;
}

/** What the tests of one file share. */
export async function opened(options: Parameters<typeof serve>[0] = {}): Promise<Opened> {
  const [browser, server] = [await launchChromium(), await serve(options)];
  const close = async () => {
    await browser.close();
    await server.close();
  };
  return { browser, server, close };
}

interface DeviceOptions extends BrowserContextOptions {
  /** Runs in its pages before their own scripts. */
  readonly init?: () => void;
  /** Runs in every worker of theirs before its own lines. */
  readonly initWorkers?: () => void;
}

async function newDevice(
  browser: Browser,
  url: string,
  { init, initWorkers, ...options }: DeviceOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options);
  if (initWorkers !== undefined) await beforeWorkers(context, initWorkers);
  if (init !== undefined) {
    await context.addInitScript(NAMING);
    await context.addInitScript(init);
  }
  const page = await context.newPage();
  // Only what fails takes this long; a machine that others use too may be ten times slower than a quiet one.
  page.setDefaultTimeout(90_000);
  await page.goto(url);
  return page;
}

export class HostPerson {
  readonly page: Page;
  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens the page; a room opens with it. */
  static async open(
    browser: Browser,
    server: Pick<RunningServer, "url">,
    options?: DeviceOptions,
  ): Promise<HostPerson> {
    return new HostPerson(await newDevice(browser, server.url, options));
  }

  /** Another tab of the same browser, with a room of its own. */
  static async openBeside({ page: beside }: HostPerson, server: Pick<RunningServer, "url">): Promise<HostPerson> {
    const page = await beside.context().newPage();
    await page.goto(server.url);
    return new HostPerson(page);
  }

  invitation(): Promise<string> {
    // Folded away once a ring runs, and on phones from the start.
    return this.page.getByRole("textbox", { name: "Invitation link", includeHidden: true }).inputValue();
  }

  get devices(): Locator {
    return this.page.getByRole("list", { name: "Devices" }).getByRole("listitem");
  }

  /** The nth device beside the host has its link and its name: a card stands there before that, as "Connecting". */
  async arrived(nth: number): Promise<void> {
    await this.devices.nth(nth).getByText("lends up to").waitFor();
  }

  async rename(device: string, name: string): Promise<void> {
    await this.#openMenu(device);
    await this.page.getByRole("textbox", { name: `New name of ${device}`, exact: true }).fill(name);
    await this.page.getByRole("button", { name: "Rename", exact: true }).click();
  }

  async remove(device: string): Promise<void> {
    await this.#openMenu(device);
    await this.page.getByRole("button", { name: `Remove ${device}`, exact: true }).click();
  }

  #openMenu(device: string): Promise<void> {
    return this.page
      .locator("summary")
      .and(this.page.getByLabel(`Rename or remove ${device}`, { exact: true }))
      .click();
  }

  /** Presses the button of this name and waits until the ring can be asked. */
  /** A ring is made of the devices that have their link; those on their way are waited for, unless it never comes about. */
  async start(label: string): Promise<void> {
    const connecting = this.devices.getByText("Connecting").first();
    await connecting.waitFor({ state: "detached", timeout: LINK_TIMEOUT_MS }).catch(() => undefined);
    await this.page.getByRole("button", { name: label, exact: true }).click();
    await this.ready();
  }

  async ready(): Promise<void> {
    await this.page.getByText(/^The ring is ready:/).waitFor({ timeout: START_TIMEOUT_MS });
  }

  /** From the next question on. The options are unfolded for it, if they are not, and folded away again. */
  async setLongestAnswer(tokens = LONG_ANSWER): Promise<void> {
    const options = this.page.getByText("Options", { exact: true });
    const longest = this.page.getByRole("spinbutton", { name: "Longest answer" });
    const wasFolded = !(await longest.isVisible());
    if (wasFolded) await options.click();
    await longest.fill(String(tokens));
    await longest.blur();
    if (wasFolded) await options.click();
  }

  async newConversation(): Promise<void> {
    await this.page.getByRole("button", { name: "New conversation" }).click();
  }

  /** In a conversation of its own; the answer is under way then. What is asked after it is bounded as usual. */
  async askEndless(): Promise<void> {
    await this.newConversation();
    await this.setLongestAnswer();
    await this.ask(ENDLESS);
    await this.setLongestAnswer(USUAL_ANSWER);
    await this.waitForText(20);
  }

  /** Until the question stands in the conversation: what `answered` and `answer` read from then on is its answer, and not the one before. */
  async ask(question: string): Promise<void> {
    const turns = this.page.getByRole("log").locator("article");
    const before = await turns.count();
    await this.page.getByRole("textbox", { name: "Message" }).fill(question);
    await this.page.getByRole("button", { name: "Send" }).click();
    // Where there is no ring, one starts first.
    await turns.nth(before).waitFor({ state: "attached", timeout: START_TIMEOUT_MS });
  }

  /** The newest answer, as it reads now. */
  get answer(): Locator {
    return this.page.getByRole("log").locator("article").last().locator(".answer");
  }

  async waitForText(minimumLength: number): Promise<string> {
    const longEnough = (n: number) =>
      ([...document.querySelectorAll(".answer")].at(-1)?.querySelector(".markdown")?.textContent ?? "").length >= n;
    await this.page.waitForFunction(longEnough, minimumLength, { timeout: 60_000 });
    return this.answer.locator(".markdown").innerText();
  }

  /** Until the field takes the next question again. */
  async answered(): Promise<string> {
    await this.answer.locator(".figures, .bad").waitFor({ timeout: 120_000 });
    return this.answer.innerText();
  }
}

export class DonorPerson {
  readonly page: Page;
  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser, link: string, options?: DeviceOptions): Promise<DonorPerson> {
    return new DonorPerson(await newDevice(browser, link, options));
  }

  /** Presses Join. */
  async ask(name: string): Promise<void> {
    await this.page.getByRole("textbox", { name: "This device’s name" }).fill(name);
    await this.page.getByRole("button", { name: "Join", exact: true }).click();
  }

  async join(name: string): Promise<void> {
    await this.ask(name);
    await this.page.getByRole("heading", { name: "In the room" }).waitFor();
  }

  /** A question to the ring, from this device's own page; it stands there then. */
  async askRing(question: string): Promise<void> {
    const turns = this.page.getByRole("log", { name: "Your questions" }).locator("article");
    const before = await turns.count();
    await this.page.getByRole("textbox", { name: "Your question" }).fill(question);
    await this.page.getByRole("button", { name: "Ask", exact: true }).click();
    await turns.nth(before).waitFor({ state: "attached" });
  }

  /** The newest answer to what was asked here, as it reads now. */
  get answer(): Locator {
    return this.page.getByRole("log", { name: "Your questions" }).locator("article").last().locator(".answer");
  }

  /** Until it has ended, however. */
  async answered(): Promise<string> {
    await this.answer.locator(".figures, .bad").waitFor({ timeout: 120_000 });
    return this.answer.innerText();
  }

  async leave(): Promise<void> {
    await this.page.getByRole("button", { name: "Leave" }).click();
  }

  /** What the page says. */
  text(): Promise<string> {
    return this.page.locator("main").innerText();
  }

  /** Another app comes to the front, or the page again. */
  async show(isVisible: boolean): Promise<void> {
    await this.page.evaluate(
      (state) => {
        Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      },
      isVisible ? "visible" : "hidden",
    );
  }

  /** The device is gone, as when a lid is shut. */
  async vanish(): Promise<void> {
    await this.page.context().close();
  }
}
