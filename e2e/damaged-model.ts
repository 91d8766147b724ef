/** SmolLM2 with a few bytes of its last layer changed: a donor has that one. */
import { copyFile, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fetchModel } from "../scripts/models.mjs";

interface DamagedModel extends AsyncDisposable {
  /** For the server to list. */
  readonly folder: string;
}

export async function damagedModel(): Promise<DamagedModel> {
  const whole = await fetchModel("smollm2-135m-instruct", { say: console.error });
  const folder = await mkdtemp(join(tmpdir(), "jupiter-damaged-"));
  const copy = join(folder, basename(whole));
  await copyFile(whole, copy);
  const file = await open(copy, "r+");
  const { size } = await file.stat();
  await file.write(new Uint8Array(4096), 0, 4096, Math.round(0.82 * size));
  await file.close();
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
