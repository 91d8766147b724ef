// How far a download is: one line that grows in a terminal, a line for every tenth elsewhere.
import { Transform } from "node:stream";

const WIDTH = 30;
const REDRAW_MS = 100;

/** Passes bytes through and says how far they are, counting from `startBytes`. */
export function progress(totalBytes, startBytes, say, terminal = process.stdout) {
  let done = startBytes;
  let saidTenth = Math.floor((10 * startBytes) / totalBytes);
  let drawnAtMs = 0;
  const line = () =>
    `  ${"#".repeat(Math.min(WIDTH, (WIDTH * done) / totalBytes)).padEnd(WIDTH, ".")} ${mb(done)} of ${mb(totalBytes)}`;
  const draw = () => {
    const tenth = Math.floor((10 * done) / totalBytes);
    if (terminal.isTTY && Date.now() - drawnAtMs > REDRAW_MS) {
      drawnAtMs = Date.now();
      terminal.write(`\r${line()}`);
    } else if (!terminal.isTTY && tenth > saidTenth) {
      saidTenth = tenth;
      say(line());
    }
  };
  return new Transform({
    transform(chunk, _, next) {
      done += chunk.length;
      draw();
      next(null, chunk);
    },
    destroy(error, next) {
      if (terminal.isTTY) terminal.write(`\r${line()}\n`);
      next(error);
    },
  });
}

export function mb(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}
