import type { BrowserContext, Page } from "playwright";

/** tsx gives functions their names by a helper, which a page does not have: without it a function with functions in it ends at the first. */
export const NAMING = "globalThis.__name ??= (named) => named;";

/** Runs `init` in the workers that these pages start from now on, before their own lines; what they import has run then. */
export async function beforeWorkers(pages: Pick<Page | BrowserContext, "route">, init: () => void): Promise<void> {
  await pages.route("**/assets/*worker*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${NAMING}\n(${String(init)})();\n${await response.text()}` });
  });
}
