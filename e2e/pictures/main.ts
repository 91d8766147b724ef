/**
 * `npm run pictures`: every state that a person meets, as pictures in `e2e/out/pictures`, reached as people reach it: real tabs, a real model.
 * The two that README shows are written to `docs/pictures`. `-- --only WORD` takes the scenes whose name has that word anew (several
 * words: `--only` before each), and leaves the other pictures as they are.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launchChromium } from "../chromium.ts";
import { serve } from "../scenarios/people.ts";
import { Camera } from "./camera.ts";
import { scenes } from "./scenes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({ options: { only: { type: "string", multiple: true } } });
const camera = new Camera(`${root}e2e/out/pictures`, values.only === undefined);
mkdirSync(`${root}docs/pictures`, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), "jupiter-pictures-"));
const browser = await launchChromium();
for (const [name, scene] of Object.entries(scenes)) {
  if (values.only?.some((word) => name.includes(word)) === false) continue;
  const server = await serve();
  try {
    await scene({ browser, server, camera, documents: `${root}docs/pictures`, scratch });
  } catch (error) {
    // The other scenes are worth their pictures all the same.
    console.error(`${name} failed:`, error);
    process.exitCode = 1;
  } finally {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await server.close();
  }
}
await browser.close();
rmSync(scratch, { recursive: true });
camera.finish();
console.error(`Look through ${camera.folder}/index.html`);
