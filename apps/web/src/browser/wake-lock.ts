/** Keeps a device's screen on while it computes: a phone that locks itself is gone. Where browsers do not offer it, nothing happens. */
export class WakeLock {
  #wanted = false;
  #lock: WakeLockSentinel | null = null;

  constructor() {
    // The browser takes the lock back whenever the page is hidden.
    document.addEventListener("visibilitychange", () => void this.#update());
  }

  /** Held as long as `wanted` and the page is visible. */
  want(wanted: boolean): void {
    if (this.#wanted === wanted) return;
    this.#wanted = wanted;
    void this.#update();
  }

  async #update(): Promise<void> {
    if (!this.#wanted) {
      await this.#lock?.release();
      this.#lock = null;
      return;
    }
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    if (this.#lock !== null && !this.#lock.released) return;
    // Refused when the battery is low; the page goes on without.
    this.#lock = await navigator.wakeLock.request("screen").catch(() => null);
  }
}
