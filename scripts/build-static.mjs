// `npm run build:static -- --signal https://ring.example`: the page for any host of static files, its rooms on that server.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseOrigin } from "../signaling-server/address-options.mjs";
import { staticPolicy } from "../signaling-server/src/content-security.mjs";
import { ensureBuilt } from "./build.mjs";
import { claimFolder, ownFiles } from "./site-folder.mjs";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const USAGE = "npm run build:static -- --signal https://ring.example [--out FOLDER]";
/** Of the server's own: certificates it made itself, what the page was built from. */
const NOT_HERE = /^(trust\..*|\.sources)$|\.map$/;

/** What hosts that read `_headers` send (Netlify, Cloudflare Pages); others need it in their own form: docs/static-hosting.md. */
const HEADERS = `/*
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Embedder-Policy: require-corp
  Content-Security-Policy: frame-ancestors 'none'
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
/assets/*
  Cache-Control: public, max-age=31536000, immutable
`;

/** Writes the page into `out`, which is new, empty or of this command's making. Throws with one sentence. */
export function buildStatic({ signal, out, say = console.log }) {
  ownFiles(out); // Before the minute that building may take.
  ensureBuilt(say);
  const files = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !NOT_HERE.test(basename(entry.name)))
    .map((entry) => relative(dist, join(entry.parentPath, entry.name)));
  claimFolder(out, [...files, "_headers"]);
  for (const file of files) {
    mkdirSync(dirname(join(out, file)), { recursive: true });
    copyFileSync(join(dist, file), join(out, file));
  }
  const index = join(out, "index.html");
  const meta = [
    `<meta http-equiv="Content-Security-Policy" content="${staticPolicy(signal)}" />`,
    `<meta name="jupiter-signal" content="${signal}" />`,
  ];
  writeFileSync(index, readFileSync(index, "utf8").replace("<head>", ["<head>", ...meta].join("\n    ")));
  writeFileSync(join(out, "_headers"), HEADERS);
}

function main() {
  const { signal, out } = parseArgs({
    options: { signal: { type: "string" }, out: { type: "string", default: "site" } },
  }).values;
  if (signal === undefined) throw new Error(`Say where the rooms' server is: ${USAGE}`);
  const origin = parseOrigin(signal, "--signal");
  // npm runs this in the project's folder, wherever the user stands.
  const folder = resolve(process.env.INIT_CWD ?? ".", out);
  buildStatic({ signal: origin, out: folder });
  console.log(
    `${folder}: put these files onto any host with https, and start the rooms' server with --origin and its address.`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
