/** A room of real tabs: server, browser, a host tab without its page's hands, donor tabs that join by the link. */
import { dirname, basename } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer, type RunningServer, type ServerOptions } from "@jupiter/signaling-server";
import type { Browser, BrowserContext, Page } from "playwright";
import type { Harness, HarnessAnswer } from "../../apps/web/src/harness.ts";
import { beforeWorkers, NAMING } from "../before-workers.ts";
import { launchChromium, type Adapter } from "../chromium.ts";
import { ensureBuilt } from "../../scripts/build.mjs";

export const page = fileURLToPath(new URL("../../dist", import.meta.url));
const JOIN_TIMEOUT_MS = 60_000;

export interface Before extends AsyncDisposable {
  readonly url: string;
}

/** Rejects what runs when a tab fails: nobody looks at these tabs. */
export class TabRoom implements AsyncDisposable {
  readonly browser: Browser;
  readonly host: Page;
  readonly donors: Page[] = [];
  readonly link: string;
  readonly #browsing: Browsing;
  readonly #ownsBrowser: boolean;
  readonly #query: string;
  readonly #before: Before | null;
  readonly #serverOptions: ServerOptions;
  #server: RunningServer;
  #failure: Error | null = null;
  readonly #onFailure: ((error: Error) => void)[] = [];

  private constructor(
    server: RunningServer,
    serverOptions: ServerOptions,
    browser: Browser,
    ownsBrowser: boolean,
    browsing: Browsing,
    host: Page,
    link: string,
    query: string,
    before: Before | null,
  ) {
    this.#server = server;
    this.#serverOptions = serverOptions;
    this.browser = browser;
    this.host = host;
    this.link = link;
    this.#browsing = browsing;
    this.#ownsBrowser = ownsBrowser;
    this.#query = query;
    this.#before = before;
  }

  static async open(options: {
    readonly models: readonly string[];
    readonly donors: number;
    readonly browser?: Browser;
    /** Of a browser of its own. */
    readonly adapter?: Adapter;
    readonly turn?: ServerOptions["turn"];
    /** Added to every tab's address, such as `&relay`. */
    readonly query?: string;
    /** Runs in every tab before its own scripts. */
    readonly init?: () => void;
    /** Runs in every worker of theirs before its own lines. */
    readonly initWorkers?: () => void;
    /** Donors have a browser storage each, as devices have, and so are each timed; else what one tab was timed at holds for all. */
    readonly areApart?: boolean;
    /** Stands before the real server, as a cheating one does. */
    readonly through?: (url: string) => Promise<Before>;
  }): Promise<TabRoom> {
    ensureBuilt(console.error);
    const { turn = null, query = "" } = options;
    const serverOptions = { port: 0, page, models: options.models, turn };
    const server = await createServer(serverOptions);
    const before = (await options.through?.(server.url)) ?? null;
    const browser = options.browser ?? (await launchChromium([], options.adapter));
    const browsing = new Browsing(browser, options);
    try {
      const host = await browsing.newPage();
      await host.goto(`${(before ?? server).url}?harness${query}`);
      await host.waitForFunction(() => globalThis.jupiterHarness !== undefined);
      const link = await host.evaluate(() => globalThis.jupiterHarness!.open("Host"));
      const room = new TabRoom(
        server,
        serverOptions,
        browser,
        options.browser === undefined,
        browsing,
        host,
        link,
        query,
        before,
      );
      room.#watch(host, "the host's tab");
      for (let i = 0; i < options.donors; i++) await room.addDonor();
      return room;
    } catch (error) {
      await browsing.close();
      if (options.browser === undefined) await browser.close();
      await server.close();
      throw error;
    }
  }

  get server(): RunningServer {
    return this.#server;
  }

  /** Opens one more donor tab and waits until the host knows it. `link`: the room's, where it is not the first one any more. */
  async addDonor(link = this.link): Promise<Page> {
    const donor = await this.#browsing.newPage();
    this.#watch(donor, `donor ${this.donors.length + 1}'s tab`);
    await donor.goto(`${(this.#before ?? this.#server).url}?auto&harness${this.#query}${link}`);
    this.donors.push(donor);
    await this.#unlessFailed(donor.waitForFunction(() => globalThis.jupiterDonor !== undefined));
    const peer = await donor.evaluate(() => globalThis.jupiterDonor!.peer);
    const known = (id: string) =>
      globalThis.jupiterHarness!.devices().some((device) => device.peer === id && device.state.kind !== "connecting");
    await this.#unlessFailed(this.host.waitForFunction(known, peer, { timeout: JOIN_TIMEOUT_MS }));
    return donor;
  }

  /** The signaling server goes away, and comes back where it was when `meanwhile` is over. */
  async withoutServer(meanwhile: () => Promise<void>): Promise<void> {
    await this.#server.close();
    await meanwhile();
    this.#server = await createServer({ ...this.#serverOptions, port: this.#server.port });
  }

  start(options: Parameters<Harness["start"]>[0]): Promise<ReturnType<Harness["ring"]>> {
    return this.#unlessFailed(this.host.evaluate((o) => globalThis.jupiterHarness!.start(o), options));
  }

  ask(options: Parameters<Harness["ask"]>[0]): Promise<HarnessAnswer> {
    return this.#unlessFailed(this.host.evaluate((o) => globalThis.jupiterHarness!.ask(o), options));
  }

  /** All of them at once. */
  askAll(options: readonly Parameters<Harness["ask"]>[0][]): Promise<readonly HarnessAnswer[]> {
    return this.#unlessFailed(
      this.host.evaluate((all) => Promise.all(all.map((one) => globalThis.jupiterHarness!.ask(one))), [...options]),
    );
  }

  /** Frames of any form, in the coordinator's place until the next start. Only on a ring that was not asked yet: stages count frames. */
  probe(frames: Parameters<Harness["probe"]>[0]): ReturnType<Harness["probe"]> {
    const lossMessage = () => {
      const ring = globalThis.jupiterHarness!.ring();
      return ring.kind === "lost" ? ring.message : null;
    };
    const lost = this.host
      .waitForFunction(lossMessage, undefined, { timeout: 0, polling: 100 })
      .then(async (message) => Promise.reject(new Error((await message.jsonValue()) ?? "")));
    const probed = this.host.evaluate((f) => globalThis.jupiterHarness!.probe(f), frames);
    return this.#unlessFailed(Promise.race([probed, lost]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#failure ??= new Error("the room is closed");
    await this.#browsing.close();
    if (this.#ownsBrowser) await this.browser.close();
    await this.#before?.[Symbol.asyncDispose]();
    await this.#server.close();
  }

  #watch(page: Page, name: string): void {
    page.on("crash", () => this.#fail(new Error(`${name} crashed; is there enough memory?`)));
    page.on("pageerror", (error) => this.#fail(new Error(`${name}: ${error.message}`)));
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    for (const reject of this.#onFailure.splice(0)) reject(error);
  }

  #unlessFailed<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) reject(this.#failure);
      this.#onFailure.push(reject);
      work.then(resolve, (error: unknown) => reject(this.#failure ?? withoutStack(error)));
    });
  }
}

/** An error from within a tab carries the tab's stack of built code in its message: nothing for whoever reads the command's output. */
function withoutStack(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const [message = ""] = error.message.split(/\n +at /);
  return new Error(message.replace(/^page\.evaluate: (\w+: )?/, ""), { cause: error });
}

/** Where `createServer` finds the file, and its address for the page. */
export function modelPlace(file: string): { readonly models: readonly string[]; readonly url: string } {
  return { models: [dirname(file)], url: `/models/${encodeURIComponent(basename(file))}` };
}

/** Tabs with one storage for all, or one each. */
class Browsing {
  readonly #browser: Browser;
  readonly #init: (() => void) | null;
  readonly #initWorkers: (() => void) | null;
  readonly #areApart: boolean;
  readonly #contexts: BrowserContext[] = [];

  constructor(
    browser: Browser,
    {
      init,
      initWorkers,
      areApart = false,
    }: { readonly init?: () => void; readonly initWorkers?: () => void; readonly areApart?: boolean },
  ) {
    this.#browser = browser;
    this.#init = init ?? null;
    this.#initWorkers = initWorkers ?? null;
    this.#areApart = areApart;
  }

  async newPage(): Promise<Page> {
    const [shared] = this.#contexts;
    const context = shared === undefined || this.#areApart ? await this.#newContext() : shared;
    return context.newPage();
  }

  async close(): Promise<void> {
    for (const context of this.#contexts) await context.close();
  }

  async #newContext(): Promise<BrowserContext> {
    const context = await this.#browser.newContext();
    this.#contexts.push(context);
    if (this.#init !== null) {
      await context.addInitScript(NAMING);
      await context.addInitScript(this.#init);
    }
    if (this.#initWorkers !== null) await beforeWorkers(context, this.#initWorkers);
    return context;
  }
}
