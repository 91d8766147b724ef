/** What is wrong with a page as anybody could meet it: what axe finds (WCAG 2.2 AA), what is too wide, and what the keyboard does not reach. */
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Of the devices whose pages are looked at: the page's own policy lets no test in. */
export const lookedAt = { bypassCSP: true };

/** In light and dark, at three widths. */
export async function findings(page: Page): Promise<readonly string[]> {
  await page.addScriptTag({ path: axe });
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await lasting(page, async () => (await byAxe(page)).map((fault) => `${colorScheme}, ${fault}`))));
  }
  for (const width of [360, 768, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    found.push(...(await lasting(page, async () => (await tooLarge(page)).map((fault) => `${fault} at ${width}`))));
  }
  return found;
}

/** A page may be in the middle of a change when it is looked at: a fault is what is seen at each of three looks. */
async function lasting(page: Page, look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  const first = await look();
  if (first.length === 0) return first;
  await page.waitForTimeout(300);
  if ((await look()).length === 0) return [];
  await page.waitForTimeout(2000);
  return look();
}

async function byAxe(page: Page): Promise<readonly string[]> {
  const { violations } = await page.evaluate(() => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    return (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
      runOnly: tags,
    });
  });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 150)}`));
}

async function tooLarge(page: Page): Promise<readonly string[]> {
  const { wide, high } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - innerWidth,
    // There the window does not scroll: what stands below it is cut off.
    high:
      document.querySelector(".host") !== null && innerWidth >= 960
        ? document.documentElement.scrollHeight - innerHeight
        : 0,
  }));
  return [...(wide > 0 ? [`${wide} px too wide`] : []), ...(high > 0 ? [`${high} px cut off below`] : [])];
}

/** What can be pressed or filled in, and gets no focus that can be seen by Tab alone. For a page that stands still. */
export function notByKeyboard(page: Page): Promise<readonly string[]> {
  return lasting(page, () => walkByKeyboard(page));
}

async function walkByKeyboard(page: Page): Promise<readonly string[]> {
  const count = await page.evaluate(() => {
    const scope = document.querySelector("dialog:modal") ?? document.body;
    const kinds = "a[href], button, input, select, summary, textarea, [tabindex='0']";
    const unseen = new Set(
      [...scope.querySelectorAll<HTMLElement>(kinds)].filter(
        // Arrows lead from one radio button of a group to the next.
        (element) => element.checkVisibility() && !element.matches(":disabled, [type=radio]:not(:checked)"),
      ),
    );
    globalThis.withoutFocus = unseen;
    document.addEventListener("focusin", ({ target }) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(target as HTMLElement);
      if (outlineStyle !== "none" && outlineWidth !== "0px") unseen.delete(target as HTMLElement);
    });
    (document.activeElement as HTMLElement | null)?.blur();
    return unseen.size;
  });
  for (let i = 0; i < count + 4; i++) await page.keyboard.press("Tab");
  return page.evaluate(() => [...(globalThis.withoutFocus ?? [])].map(({ outerHTML }) => outerHTML.slice(0, 150)));
}

declare global {
  var withoutFocus: ReadonlySet<HTMLElement> | undefined;
}
