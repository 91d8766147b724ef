/** Takes every state in three widths, by day and by night, and lays them out on one page to be looked through. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright";

/** A small phone, a tablet, a laptop or projector. */
const SIZES = [
  { width: 360, height: 780 },
  { width: 768, height: 1024 },
  { width: 1440, height: 900 },
] as const;
const SCHEMES = ["light", "dark"] as const;

export interface Shot {
  readonly width: (typeof SIZES)[number]["width"];
  readonly scheme: (typeof SCHEMES)[number];
}

export class Camera {
  readonly folder: string;

  /** `isAnew`: the folder is emptied; else what other scenes took stays. */
  constructor(folder: string, isAnew: boolean) {
    this.folder = folder;
    if (isAnew) rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }

  /** The whole page; `viewport`: what a window of the size shows, for states that are a window's own. */
  async take(page: Page, name: string, extent: "page" | "viewport" = "page"): Promise<void> {
    console.error(name);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      if (extent === "page") await page.setViewportSize({ ...size, height: size.height + (await belowTheFold(page)) });
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        const path = join(this.folder, fileOf(name, { width: size.width, scheme: colorScheme }));
        await page.screenshot({ path, fullPage: extent === "page" });
      }
    }
    await page.emulateMedia({ colorScheme: "light" });
  }

  /** One picture for a document. */
  async keep(page: Page, path: string, { width, scheme }: Shot): Promise<void> {
    const size = SIZES.find((each) => each.width === width) ?? SIZES[0];
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path });
    await page.emulateMedia({ colorScheme: "light" });
  }

  /** `index.html` beside the pictures. */
  finish(): void {
    const [{ width }, scheme] = [SIZES[0], SCHEMES[0]];
    const ending = fileOf("", { width, scheme });
    const names = readdirSync(this.folder).flatMap((file) =>
      file.endsWith(ending) ? [file.slice(0, -ending.length)] : [],
    );
    const rows = names.sort().map((name) => {
      const shots = SIZES.flatMap(({ width }) => SCHEMES.map((scheme) => ({ width, scheme })));
      const images = shots.map((shot) => `<img src="${fileOf(name, shot)}" width="${shot.width / 3}" alt="">`);
      return `<h2>${name}</h2>\n<div>${images.join("\n")}</div>`;
    });
    const style = "body{font:14px system-ui;background:#888}div{display:flex;gap:8px;align-items:start}";
    writeFileSync(
      join(this.folder, "index.html"),
      `<!doctype html><meta charset="utf-8"><style>${style}</style>${rows.join("\n")}`,
    );
  }
}

/** Beside the chat the room scrolls by itself: a picture of the whole page would leave out what stands below its edge. */
function belowTheFold(page: Page): Promise<number> {
  return page.evaluate(() => {
    const room = document.querySelector(".room");
    return room === null || getComputedStyle(room).overflowY === "visible" ? 0 : room.scrollHeight - room.clientHeight;
  });
}

function fileOf(name: string, { width, scheme }: Shot): string {
  return `${name}-${width}-${scheme}.png`;
}
