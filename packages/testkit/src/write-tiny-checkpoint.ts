/** `npx tsx packages/testkit/src/write-tiny-checkpoint.ts OUT.gguf [llama|qwen2]`: the tiny checkpoint as a file, for trying the page by hand. */
import { writeFileSync } from "node:fs";
import { tinyCheckpoint } from "./tiny-checkpoint.ts";

const [path, architecture = "llama"] = process.argv.slice(2);
if (path === undefined || (architecture !== "llama" && architecture !== "qwen2")) {
  console.error("Usage: npx tsx packages/testkit/src/write-tiny-checkpoint.ts OUT.gguf [llama|qwen2]");
  process.exitCode = 2;
} else {
  const bytes = tinyCheckpoint({ architecture });
  writeFileSync(path, bytes);
  console.log(`${path}: ${bytes.length} bytes, ${architecture}`);
}
