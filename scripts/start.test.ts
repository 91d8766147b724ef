/** `npm start` up to where it would install, build and fetch. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

async function node(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: code as number, stdout, stderr };
}

describe("npm start", () => {
  it("--help names every option and the models, and starts nothing", async () => {
    const { code, stdout, stderr } = await node("start.mjs", "--help");
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const word of ["--port", "--host", "--models", "--model ID", "smollm2-135m-instruct (98 MB)"]) {
      expect(stdout).toContain(word);
    }
  });

  it.each([
    [["--prot", "1"], /^Unknown option '--prot'.* See npm start -- --help\.\n$/],
    [["extra"], /^Unexpected argument 'extra'.* See npm start -- --help\.\n$/],
    [["--port", "80x"], /^--port takes a number from 0 to 65535, not "80x"\.\n$/],
    [["--port", "70000"], /^--port takes a number from 0 to 65535, not "70000"\.\n$/],
    [["--https-port", "x"], /^--https-port takes a number from 0 to 65535, not "x"\.\n$/],
    [["--tls-cert", "no-such.pem"], /^--tls-cert: there is no file no-such\.pem\.\n$/],
    [["--models", "no/such"], /^--models: there is no folder no\/such\.\n$/],
    [["--model", "no-such"], /^--model: "no-such" is neither a \.gguf file nor one of smollm2-135m-instruct, .*\.\n$/],
    [["--model", "no-such.gguf"], /^--model: there is no file no-such\.gguf\.\n$/],
    [["--origin", "notaurl"], /^--origin takes an address such as https:.*, not "notaurl"\.\n$/],
    [["--turn-url", "stun:x"], /^--turn-url takes turn:HOST:PORT or .*, not "stun:x"\.\n$/],
    [["--turn-url", "turn:x:3478"], /^--turn-url needs --turn-secret too: .*\.\n$/],
    [["--turn-secret", "x"], /^--turn-secret needs --turn-url too: .*\.\n$/],
  ])("%j is refused in one sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await node("start.mjs", ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stdout).toBe("");
  });

  it("a Node that is too old is told off in one sentence, before anything else is loaded", async () => {
    const old = 'Object.defineProperty(process.versions, "node", { value: "20.18.3" })';
    for (const command of ["start.mjs", "test.mjs"]) {
      const { code, stdout, stderr } = await node(
        "--import",
        `data:text/javascript,${encodeURIComponent(old)}`,
        command,
      );
      expect(code).toBe(1);
      expect(stderr).toBe(
        "Node 20.18.3 is too old: install Node 20.19, 22.12 or newer (nodejs.org), then run this again.\n",
      );
      expect(stdout).toBe("");
    }
  });
});

it("the server says which port is taken and what to do", async () => {
  const taken = createServer();
  await once(taken.listen(0, "127.0.0.1"), "listening");
  const { port } = taken.address() as AddressInfo;
  const page = mkdtempSync(join(tmpdir(), "jupiter-page-"));
  writeFileSync(join(page, "index.html"), "");
  const args = ["--host", "127.0.0.1", "--port", String(port), "--page", page, "--no-https"];
  const { code, stderr } = await node("--import", "tsx", "signaling-server/src/main.ts", ...args);
  taken.close();
  rmSync(page, { recursive: true });
  expect(code).toBe(1);
  expect(stderr).toBe(`Port ${port} is taken: stop what uses it, or choose another with --port.\n`);
});
