/** Vite's way to the kernels of `packages/runtime/kernels`: `import { plain } from "virtual:kernels"` compiles them, once per process. */
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import type { Plugin } from "vite";

const ID = "virtual:kernels";
const folder = fileURLToPath(new URL("../packages/runtime/kernels/", import.meta.url));

let compiled: Promise<string> | null = null;

export const kernels: Plugin = {
  name: "kernels",
  resolveId: (source) => (source === ID ? `\0${ID}` : null),
  load(id) {
    return id === `\0${ID}` ? (compiled ??= moduleText()) : null;
  },
};

/** As text, 20 KB each: a worker then needs no address for it, in a built page or in tests. Throws with the compiler's messages. */
async function moduleText(): Promise<string> {
  const [plain, relaxed] = [await binaryOf("simd"), await binaryOf("simd,relaxed-simd")];
  return `export const plain = "${plain}";\nexport const relaxed = "${relaxed}";`;
}

async function binaryOf(features: string): Promise<string> {
  let binary: Uint8Array = new Uint8Array();
  let messages = "";
  const { error } = await asc.main(
    [
      ...["index.ts", "--outFile", "kernels.wasm", "--baseDir", folder, "-O3", "--noAssert", "--runtime", "stub"],
      ...["--enable", features, "--importMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
      // Vectors between our own functions are inlined, and addresses have 32 bits here.
      ...["--disableWarning", "112", "--disableWarning", "201"],
    ],
    {
      stderr: { write: (text) => void (messages += String(text)) },
      writeFile(name, contents) {
        if (name === "kernels.wasm") binary = typeof contents === "string" ? Buffer.from(contents) : contents;
      },
    },
  );
  if (error !== null) throw new Error(`The kernels could not be compiled: ${error.message}\n${messages}`);
  return Buffer.from(binary).toString("base64");
}
