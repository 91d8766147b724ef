/** Whether a browser gives a tab the memory that its owner pledges: it is asked for, and given back at once. */

/** Small enough that no single piece is refused for its size alone, large enough that few are asked for. */
const PIECE_BYTES = 64 * 2 ** 20;

/**
 * Of so many bytes those that the browser reserves for this tab, all at once, in whole pieces of 64 MiB. Nothing is written to them, so that
 * systems which hand out memory on its first use do not feel it; the same systems may give less in the end than they reserved.
 */
export function grantedBytes(wantedBytes: number, reserve = (sizeBytes: number) => new ArrayBuffer(sizeBytes)): number {
  const pieces: ArrayBuffer[] = [];
  try {
    while ((pieces.length + 1) * PIECE_BYTES <= wantedBytes) pieces.push(reserve(PIECE_BYTES));
    return wantedBytes;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return pieces.length * PIECE_BYTES;
  } finally {
    giveBack(pieces);
  }
}

/** Not left to the garbage collector, which might not have come by when the weights do. */
function giveBack(pieces: readonly ArrayBuffer[]): void {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  port2.postMessage(null, [...pieces]);
  port2.close();
}
