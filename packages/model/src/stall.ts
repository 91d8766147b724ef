/** A line that goes silent fails, so that whoever reads can try again. */
import { ModelError } from "./errors.ts";
import type { Wait } from "./wait.ts";

/** Without a byte for so long a request is given up; slow lines pause for seconds, none for this. */
const STALL_MS = 20_000;
/** In several short waits: where this thread was busy for longer than `STALL_MS`, bytes that came meanwhile are seen before the next look. */
const LOOK_EVERY_MS = 5000;

/** `request` calls `heard` whenever something came; its signal aborts with 'unreachable' when it has not for `STALL_MS`. `source`: for the message. */
export async function unlessStalled<T>(
  source: string,
  wait: Wait,
  signal: AbortSignal | undefined,
  request: (signal: AbortSignal, heard: () => void) => Promise<T>,
): Promise<T> {
  const [stalled, done] = [new AbortController(), new AbortController()];
  let silentMs = 0;
  const watch = async () => {
    for (; silentMs < STALL_MS; silentMs += LOOK_EVERY_MS) await wait(LOOK_EVERY_MS, done.signal);
    const text = `${source} sent nothing for ${STALL_MS / 1000} s; check the connection and load again.`;
    stalled.abort(new ModelError("unreachable", text));
  };
  watch().catch(() => undefined); // the wait's end, as the request is done
  try {
    const signals = signal === undefined ? [stalled.signal] : [signal, stalled.signal];
    // Counted from -LOOK_EVERY_MS: the wait that is under way when something comes is none of silence alone.
    return await request(AbortSignal.any(signals), () => (silentMs = -LOOK_EVERY_MS));
  } catch (error) {
    stalled.signal.throwIfAborted(); // not every browser passes the reason on
    throw error;
  } finally {
    done.abort();
  }
}
