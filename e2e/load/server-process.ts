/** The server as `npm start` runs it, in a process of its own, whose memory can be read and which can be ended. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface ServerMemory {
  readonly residentBytes: number;
  readonly peakBytes: number;
}

export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** 0: any free port. Rejects when it ends before it listens. */
  static async start(port = 0): Promise<ServerProcess> {
    const args = ["--import", "tsx", "signaling-server/src/main.ts", "--no-https", "--host", "127.0.0.1"];
    const child = spawn(process.execPath, [...args, "--port", String(port)], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said = new Promise<number>((resolve) => {
      createInterface(child.stdout).on("line", (line) => {
        const named = /http:\/\/localhost:(\d+)\//.exec(line)?.[1];
        if (named !== undefined) resolve(Number(named));
      });
    });
    const ended = once(child, "exit").then(() => Promise.reject(new Error("the server ended before it listened")));
    return new ServerProcess(child, await Promise.race([said, ended]));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Null where there is no /proc. */
  memory(): ServerMemory | null {
    const file = `/proc/${this.#child.pid}/status`;
    if (!existsSync(file)) return null;
    const status = readFileSync(file, "utf8");
    const read = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) * 1024;
    return { residentBytes: read("VmRSS"), peakBytes: read("VmHWM") };
  }

  async counts(): Promise<{ readonly rooms: number; readonly members: number }> {
    return (await (await fetch(`${this.url}/healthz`)).json()) as { rooms: number; members: number };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}
