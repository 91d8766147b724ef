/** Browsers that lack something, for tests and pictures. Each function runs in the page before its own scripts. */

/** No WebGPU, no isolation, no files, as in a private window of an old browser. */
export function takeAway(): void {
  Reflect.deleteProperty(Navigator.prototype, "gpu");
  Object.defineProperty(globalThis, "crossOriginIsolated", { value: false });
  StorageManager.prototype.getDirectory = () =>
    Promise.reject(new DOMException("not in private windows", "SecurityError"));
}

/** All that a page can do without, and no way to another device. Whole, as it runs in the page alone. */
export function takeAwayAll(): void {
  Reflect.deleteProperty(Navigator.prototype, "gpu");
  Reflect.deleteProperty(globalThis, "RTCPeerConnection");
  Object.defineProperty(globalThis, "crossOriginIsolated", { value: false });
  StorageManager.prototype.getDirectory = () =>
    Promise.reject(new DOMException("not in private windows", "SecurityError"));
}

/** One that has half a gigabyte for a tab. Pieces that were handed on count no more. */
export function giveHalfAGigabyte(): void {
  const pieces: ArrayBuffer[] = [];
  globalThis.ArrayBuffer = new Proxy(ArrayBuffer, {
    construct(target, [sizeBytes]: [number], newTarget) {
      const heldBytes = pieces.reduce((sum, piece) => sum + piece.byteLength, sizeBytes);
      if (heldBytes > 2 ** 29) throw new RangeError("Array buffer allocation failed");
      const piece = Reflect.construct(target, [sizeBytes], newTarget) as ArrayBuffer;
      if (sizeBytes >= 2 ** 20) pieces.push(piece);
      return piece;
    },
  });
}

/** The system ended this tab while it lent a gigabyte. */
export function wasEnded(): void {
  sessionStorage.setItem("jupiter-lending", "1073741824 an-earlier-visit");
}

/** A network that keeps devices apart, without a relay: no way to this device is ever found. */
export function keepApart(): void {
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super({ ...configuration, iceTransportPolicy: "relay" });
    }
  };
}
