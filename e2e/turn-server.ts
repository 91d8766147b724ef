/** A real TURN server, Debian's coturn, on this machine's loopback for as long as a test needs it. */
import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Null: tests that need it cannot run here. */
export const turnProgram = spawnSync("turnserver", ["--version"]).error === undefined ? "turnserver" : null;
export const NO_TURN_PROGRAM = "there is no turnserver here (Debian: apt-get install coturn)";

export interface TestTurnServer extends AsyncDisposable {
  readonly url: string;
}

/** Rejects when it ends before it listens, with its last words. */
export async function startTurnServer(secret: string): Promise<TestTurnServer> {
  if (turnProgram === null) throw new Error(NO_TURN_PROGRAM);
  const folder = mkdtempSync(join(tmpdir(), "jupiter-turn-"));
  const port = await freePort();
  const child = spawn(turnProgram, [
    ...["-n", "-v", "--no-cli", "--no-tls", "--no-dtls", "--log-file=stdout", "--simple-log"],
    ...["--listening-ip=127.0.0.1", `--listening-port=${port}`, "--relay-ip=127.0.0.1", "--allow-loopback-peers"],
    ...["--use-auth-secret", `--static-auth-secret=${secret}`, "--realm=jupiter"],
    ...[`--pidfile=${join(folder, "pid")}`, `--userdb=${join(folder, "db")}`],
  ]);
  const gone = once(child, "close");
  const close = async () => {
    child.kill();
    await gone;
    rmSync(folder, { recursive: true });
  };
  const lines: string[] = [];
  const listening = new Promise<boolean>((resolve) => {
    createInterface(child.stdout).on("line", (line) => {
      lines.push(line);
      if (line.includes("UDP listener opened")) resolve(true);
    });
    void gone.then(() => resolve(false));
  });
  if (!(await listening)) {
    await close();
    throw new Error(`turnserver ended:\n${lines.slice(-5).join("\n")}`);
  }
  return { url: `turn:127.0.0.1:${port}`, [Symbol.asyncDispose]: close };
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await once(socket.bind(0, "127.0.0.1"), "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}
