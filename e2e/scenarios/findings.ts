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
    const { violations } = await page.evaluate(() => {
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      return (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
        runOnly: tags,
      });
    });
    found.push(
      ...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${colorScheme}, ${id}: ${html.slice(0, 150)}`)),
    );
  }
  for (const width of [360, 768, 1440]) {
    await page.setViewportSize({ width, height: 800 });
    const over = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth - innerWidth,
      // There the window does not scroll: what stands below it is cut off.
      high:
        document.querySelector(".host") !== null && innerWidth >= 960
          ? document.documentElement.scrollHeight - innerHeight
          : 0,
    }));
    if (over.wide > 0) found.push(`${over.wide} px too wide at ${width}`);
    if (over.high > 0) found.push(`${over.high} px cut off below at ${width}`);
  }
  return found;
}

/** What can be pressed or filled in, and gets no focus that can be seen by Tab alone. For a page that stands still. */
export async function notByKeyboard(page: Page): Promise<readonly string[]> {
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
