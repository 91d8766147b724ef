/** A test's way to let a page's engine say what it says only where something is broken. Runs in the page before its own scripts. */
import type { FromEngine } from "../apps/web/src/engine/api.ts";

export function engineThatCanSay(): void {
  Object.defineProperty(MessagePort.prototype, "onmessage", {
    set(this: MessagePort, listener: (event: MessageEvent) => void) {
      // The port of the newest engine.
      globalThis.engineSays = (data) => listener.call(this, new MessageEvent("message", { data }));
      this.addEventListener("message", listener);
      this.start();
    },
  });
}

declare global {
  var engineSays: ((event: FromEngine) => void) | undefined;
}
