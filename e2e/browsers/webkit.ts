/** Debian's WebKitGTK in its own small browser, driven by WebDriver, on a screen that nobody sees. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { WebDriverTab } from "./webdriver.ts";

const first = (paths: readonly (string | undefined)[]) =>
  paths.find((path) => path !== undefined && existsSync(path)) ?? null;

/** `WEBKIT_DRIVER_PATH` and `WEBKIT_PATH` override. */
const driverPath = first([process.env["WEBKIT_DRIVER_PATH"], "/usr/bin/WebKitWebDriver"]);
const browserPath = first([
  process.env["WEBKIT_PATH"],
  ...["4.1", "6.0", "4.0"].flatMap((api) =>
    ["x86_64", "aarch64"].map(
      (cpu) => `/usr/lib/${cpu}-linux-gnu/webkit${api === "6.0" ? "" : "2"}gtk-${api}/MiniBrowser`,
    ),
  ),
]);
const screenPath = first(["/usr/bin/Xvfb"]);

/** Null: it is all here. */
export const noWebKit =
  driverPath === null || browserPath === null || screenPath === null
    ? "there is no WebKitGTK with its driver and Xvfb here (Debian: apt-get install webkit2gtk-driver xvfb)"
    : null;

export class WebKit implements AsyncDisposable {
  readonly tab: WebDriverTab;
  readonly #children: readonly ChildProcess[];

  private constructor(tab: WebDriverTab, children: readonly ChildProcess[]) {
    this.tab = tab;
    this.#children = children;
  }

  /** One browser with one tab, which keeps nothing of those before. */
  static async launch(): Promise<WebKit> {
    if (driverPath === null || screenPath === null) throw new Error(noWebKit ?? "");
    const screen = spawn(screenPath, ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const display = await firstLine(screen.stdio[3] as Readable, "Xvfb");
    const port = await freePort();
    const driver = spawn(driverPath, [`--port=${port}`], {
      stdio: "ignore",
      env: { ...process.env, DISPLAY: `:${display}`, GDK_BACKEND: "x11" },
    });
    const children = [driver, screen];
    try {
      const address = `http://127.0.0.1:${port}`;
      await listening(address, driver);
      const tab = await WebDriverTab.open(address, {
        "webkitgtk:browserOptions": { binary: browserPath, args: ["--automation"] },
      });
      return new WebKit(tab, children);
    } catch (error) {
      await end(children);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tab.close();
    await end(this.#children);
  }
}

async function end(children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill();
    await once(child, "exit");
  }
}

async function firstLine(stream: Readable, name: string): Promise<string> {
  for await (const line of createInterface(stream)) return line;
  throw new Error(`${name} ended before it was ready`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

async function listening(address: string, driver: ChildProcess): Promise<void> {
  for (;;) {
    const isReady = await fetch(`${address}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    if (driver.exitCode !== null) throw new Error(`WebKitWebDriver ended with ${driver.exitCode} before it listened`);
  }
}
