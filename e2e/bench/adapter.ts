import type { Page } from "playwright";

/** What WebGPU runs on; null: there is none, or it is software. The page must be of a secure origin. */
export async function adapterOf(page: Page): Promise<string | null> {
  const found = await page.evaluate(async () => {
    // Without the types' promise that it is there: older browsers and some Linux builds lack it.
    const gpu = (navigator as { readonly gpu?: GPU }).gpu;
    const info = (await gpu?.requestAdapter())?.info;
    if (info === undefined) return null;
    return {
      name: `${info.vendor} ${info.architecture} ${info.description}`.trim(),
      isFallback: info.isFallbackAdapter,
    };
  });
  if (found === null || found.isFallback || /swiftshader|llvmpipe/i.test(found.name)) return null;
  return found.name;
}
