/**
 * `npx tsx packages/model/hash-tensors.ts FILE.gguf`: the SHA-256 of every tensor's bytes into `catalogue/<id>.tensors.json`, and the model's outline
 * into `catalogue/outlines.json`, for a file that the catalogue names. The whole file is checked against the catalogue first, so that nothing else can get into the table.
 */
import { createHash } from "node:crypto";
import { createReadStream, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import catalogue from "./catalogue/index.json";
import outlines from "./catalogue/outlines.json";
import { readGguf, type ByteSource } from "./src/gguf.ts";
import { outlineOf } from "./src/outline.ts";

async function main(path: string): Promise<string> {
  const entry = catalogue.find(({ file }) => file === basename(path));
  if (entry === undefined)
    throw new Error(`${basename(path)} is not in the catalogue: ${catalogue.map(({ file }) => file).join(", ")}.`);
  const whole = createHash("sha256");
  await pipeline(createReadStream(path), whole);
  if (whole.digest("hex") !== entry.sha256)
    throw new Error(`${path} is not the catalogue's file (SHA-256 differs); fetch it again.`);
  const handle = await open(path);
  try {
    const source: ByteSource = {
      async read(offsetBytes, sizeBytes) {
        const { buffer, bytesRead } = await handle.read(new Uint8Array(sizeBytes), 0, sizeBytes, offsetBytes);
        return buffer.subarray(0, bytesRead);
      },
    };
    const { checkpoint } = await readGguf(source, entry.id);
    const hashes: Record<string, string> = {};
    for (const { name, offsetBytes, sizeBytes } of checkpoint.tensors) {
      hashes[name] = createHash("sha256")
        .update(await source.read(offsetBytes, sizeBytes))
        .digest("hex");
    }
    const write = (name: string, content: object) => {
      const path = fileURLToPath(new URL(`catalogue/${name}`, import.meta.url));
      writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
      return path;
    };
    write("outlines.json", { ...outlines, [entry.id]: outlineOf(checkpoint) });
    const out = write(`${entry.id}.tensors.json`, hashes);
    return `${out}: ${checkpoint.tensors.length} tensors`;
  } finally {
    await handle.close();
  }
}

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error("Usage: npx tsx packages/model/hash-tensors.ts FILE.gguf");
  process.exitCode = 2;
} else {
  try {
    console.log(await main(path));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
