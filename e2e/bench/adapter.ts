import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright";

/** What WebGPU runs on in this browser; null: there is none, or it is software. */
export async function adapterOf(browser: Browser): Promise<string | null> {
  // Only pages of a secure origin have WebGPU.
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const page = await browser.newPage();
  try {
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}`);
    const found = await page.evaluate(async () => {
      // Without the types' promise that it is there: older browsers and some Linux builds lack it.
      const gpu = (navigator as { readonly gpu?: GPU }).gpu;
      // A browser that has just started has none in its first second.
      let adapter: GPUAdapter | null | undefined;
      for (let tries = 0; tries < 20 && gpu !== undefined && !adapter; tries++) {
        adapter = await gpu.requestAdapter();
        if (!adapter) await new Promise((resolve) => setTimeout(resolve, 200));
      }
      if (!adapter) return null;
      const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
      const half = adapter.features.has("shader-f16") ? "with" : "without";
      return {
        name: `${`${vendor} ${architecture} ${description}`.trim()}, ${half} half precision`,
        isFallback: isFallbackAdapter,
      };
    });
    if (found === null || found.isFallback || /swiftshader|llvmpipe/i.test(found.name)) return null;
    return found.name;
  } finally {
    await page.close();
    server.close();
  }
}
