/** The server as one file, in a folder without anything else. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { bundleServer } from "./build-server.mjs";

it("runs with Node alone, serves page and rooms, and ends when told to", async () => {
  const folder = mkdtempSync(join(tmpdir(), "jupiter-bundle-"));
  await bundleServer(folder);
  writeFileSync(join(folder, "index.html"), "<title>Jupiter");
  const args = ["server.mjs", "--host", "127.0.0.1", "--port", "0", "--no-https", "--page", "."];
  const server = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit");
  const url = await new Promise<string>((resolve) =>
    createInterface(server.stdout).on("line", (line) => {
      const port = /http:\/\/localhost:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
    }),
  );
  expect(await (await fetch(url)).text()).toContain("Jupiter");
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ ok: true, rooms: 0, members: 0 });
  // The handshake of a room's connection.
  expect(await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text()).toContain('"sid"');
  server.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  rmSync(folder, { recursive: true });
});
