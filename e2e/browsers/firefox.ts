/** Debian's Firefox without a window, over WebDriver BiDi. */
import { existsSync } from "node:fs";
import puppeteer, { type Browser } from "puppeteer-core";

/** `FIREFOX_PATH` overrides. Null: there is none here. */
export const firefoxPath =
  [process.env["FIREFOX_PATH"], "/usr/bin/firefox-esr", "/usr/bin/firefox"].find(
    (path) => path !== undefined && existsSync(path),
  ) ?? null;
export const NO_FIREFOX = "there is no Firefox here (Debian: apt-get install firefox-esr; elsewhere set FIREFOX_PATH)";

export function launchFirefox(): Promise<Browser> {
  if (firefoxPath === null) throw new Error(NO_FIREFOX);
  return puppeteer.launch({
    browser: "firefox",
    executablePath: firefoxPath,
    headless: true,
    // Host addresses instead of mDNS names, which nothing resolves on loopback.
    extraPrefsFirefox: { "media.peerconnection.ice.obfuscate_host_addresses": false },
  });
}
