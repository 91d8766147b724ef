/** What devices and links take, as the planner and the simulator reckon with it. Letters: `T` new tokens, `S` cached ones. Plain data: it goes through JSON. */

/** From `fromRows` new tokens on (to the next piece): `floorMs + rowMs T + pairMs T (S + T)`. */
export interface CostPiece {
  readonly fromRows: number;
  readonly floorMs: number;
  readonly rowMs: number;
  /** Attention: per new token and slot that its row of the mask has. */
  readonly pairMs: number;
}

/**
 * Time of one decoder layer. Pieces rise in `fromRows`, and the first one's is 1: kernels for a few rows are others than those for many, and a second
 * row is nearly free on a GPU and costs as much as the first on wasm.
 */
export type LayerCost = readonly CostPiece[];

/** Time of final norm, LM head and choice for `rows` scored rows: `floorMs + rowMs rows`. */
export interface HeadCost {
  readonly floorMs: number;
  readonly rowMs: number;
}

export interface DeviceCosts {
  readonly layer: LayerCost;
  /** Of every frame, however many layers and rows: unpack, copy in and out, pack. */
  readonly frameMs: number;
  /** Null: it was not measured, and the device is not asked for it. */
  readonly head: HeadCost | null;
}

/** One direction of a link between two devices. */
export interface LinkCost {
  /** Median time of a small message there and back. */
  readonly rttMs: number;
  readonly bytesPerMs: number;
}

/** Time of one layer for `T` new tokens at `S` cached ones, milliseconds. */
export function layerMs(cost: LayerCost, T: number, S: number): number {
  const { floorMs, rowMs, pairMs } = pieceAt(cost, T);
  return floorMs + T * (rowMs + pairMs * (S + T));
}

export function pieceAt(cost: LayerCost, T: number): CostPiece {
  const piece = cost.findLast(({ fromRows }) => fromRows <= T) ?? cost[0];
  if (piece === undefined) throw new RangeError("Expected a layer's cost with at least one piece, got none.");
  return piece;
}

export function headMs({ floorMs, rowMs }: HeadCost, rows: number): number {
  return floorMs + rowMs * rows;
}

/** Time that a frame holds up those behind it on a link, milliseconds; it arrives `delayMs(link)` later. */
export function sendMs({ bytesPerMs }: LinkCost, sizeBytes: number): number {
  return sizeBytes / bytesPerMs;
}

export function delayMs({ rttMs }: LinkCost): number {
  return rttMs / 2;
}
