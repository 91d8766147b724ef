/**
 * `npm run pictures`: every state that a person meets, as pictures in `e2e/out/pictures`, reached as people reach it: real tabs, real model.
 * The two that README shows are written to `docs/pictures`. `-- --only WORD` takes the scenes whose name has that word.
 */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launchChromium } from "../chromium.ts";
import { serve } from "../scenarios/people.ts";
import { Camera } from "./camera.ts";
import { scenes } from "./scenes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({ options: { only: { type: "string" } } });
const camera = new Camera(`${root}e2e/out/pictures`);
mkdirSync(`${root}docs/pictures`, { recursive: true });
const browser = await launchChromium();
for (const [name, scene] of Object.entries(scenes)) {
  if (values.only !== undefined && !name.includes(values.only)) continue;
  const server = await serve();
  try {
    await scene({ browser, server, camera, documents: `${root}docs/pictures` });
  } finally {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await server.close();
  }
}
await browser.close();
camera.finish();
console.error(`Look through ${camera.folder}/index.html`);
