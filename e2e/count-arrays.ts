/** Arrays that a page or worker makes, counted by tests. Runs in it before its own scripts. */

export interface ArraysMade {
  count: number;
  sizeBytes: number;
}

/**
 * Buffers, and typed arrays with one of their own, of a kilobyte or more and of the kinds that hold rows. Signs of life and other small talk, which come
 * with time, are smaller; tables of slots, which double as they fill, are of other kinds. Not seen: what the browser makes itself, a buffer for each
 * message that comes over a link (`counts.test.ts` counts those), and clones of what is posted without being handed over;
 * nor what is made by a constructor that a module keeps from its first line, as `half.ts` keeps `Float16Array`.
 */
export function countArrays(): void {
  const made: ArraysMade = { count: 0, sizeBytes: 0 };
  globalThis.arraysMade = made;
  for (const kind of ["ArrayBuffer", "Uint8Array", "Uint16Array", "Float32Array"] as const) {
    const Kind = globalThis[kind] as new (...args: unknown[]) => {
      readonly byteLength: number;
    };
    const counted = new Proxy(Kind, {
      construct(target, args: unknown[], newTarget: new () => object) {
        const array = Reflect.construct<unknown[], { readonly byteLength: number }>(target, args, newTarget);
        // A view of a buffer makes none.
        const isView = args[0] instanceof ArrayBuffer || args[0] instanceof SharedArrayBuffer;
        if (!isView && array.byteLength >= 1000) {
          made.count++;
          made.sizeBytes += array.byteLength;
        }
        return array;
      },
    });
    // By which `slice`, `map` and `filter` make others.
    Object.defineProperty(Kind.prototype, "constructor", { value: counted, configurable: true, writable: true });
    Object.defineProperty(globalThis, kind, { value: counted, configurable: true, writable: true });
  }
}

declare global {
  var arraysMade: ArraysMade | undefined;
}
