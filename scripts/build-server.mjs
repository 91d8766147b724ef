// `npm run build:server -- --out FOLDER`: server and page as files that need nothing but Node, for containers and other machines.
import { cpSync, mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureBuilt } from "./build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Writes `server.mjs` into `out`. Rejects with the builder's error. */
export async function bundleServer(out) {
  const { build } = await import("vite");
  await build({
    root: join(root, "signaling-server"),
    configFile: false,
    logLevel: "warn",
    ssr: { noExternal: true },
    build: {
      ssr: "src/main.ts",
      outDir: out,
      emptyOutDir: false,
      target: "node20",
      rollupOptions: { output: { entryFileNames: "server.mjs" } },
    },
  });
}

async function main() {
  const { out } = parseArgs({ options: { out: { type: "string", default: "dist-server" } } }).values;
  // npm runs this in the project's folder, wherever the user stands.
  const folder = resolve(process.env.INIT_CWD ?? ".", out);
  ensureBuilt();
  mkdirSync(folder, { recursive: true });
  await bundleServer(folder);
  const isLeftOut = (source) => basename(source) === ".sources" || source.endsWith(".map");
  cpSync(join(root, "dist"), join(folder, "page"), { recursive: true, filter: (source) => !isLeftOut(source) });
  console.log(`${folder}: start it there with node server.mjs --page page`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
