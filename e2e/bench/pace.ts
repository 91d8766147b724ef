/** How fast this machine is just now: one fixed calculation, timed between the turns of a suite. What another run differs by no more than that does, its code is not to blame for. */
const values = new Float32Array(1 << 20).fill(0.5);
const PASSES = 4;

/** Milliseconds of the calculation, some 10 to 30: sums of products over 4 MB, as a layer's are. */
export function paceMs(): number {
  const beganMs = performance.now();
  let sum = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  }
  // So that it is not left out for being of no use.
  if (!(sum > 0)) throw new Error("the sum of squares is not positive");
  return performance.now() - beganMs;
}
