/** The server's return, for what cannot be done without it. */
import type { ReadonlySignal } from "@preact/signals";
import type { RoomState } from "@jupiter/room";
import { EngineError } from "../engine/engine.ts";

/** Resolves at once where the server is there; rejects `EngineError` 'link' where it refuses for good, and with the signal's reason when aborted. */
export function whenConnected(room: ReadonlySignal<RoomState>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let stop: () => void = () => undefined;
    let isSettled = false;
    const settle = (how: () => void) => {
      isSettled = true;
      signal.removeEventListener("abort", abort);
      stop();
      how();
    };
    const abort = () => settle(() => reject(signal.reason as Error));
    signal.addEventListener("abort", abort, { once: true });
    stop = room.subscribe((state) => {
      if (isSettled) return;
      if (state.kind === "connected") settle(resolve);
      if (state.kind === "refused") settle(() => reject(new EngineError("link", state.message)));
    });
    // The first word comes before `stop` is known.
    if (isSettled) stop();
  });
}
