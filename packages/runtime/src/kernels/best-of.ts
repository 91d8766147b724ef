/** The `count` largest of `logits`, best first; of equal ones the lower id. */
export function bestOf(logits: Float32Array, count: number): { readonly id: number; readonly logit: number }[] {
  const best: { id: number; logit: number }[] = [];
  let least = -Infinity;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? NaN;
    if (best.length === count && !(logit > least)) continue; // most end here
    let place = best.length;
    while (place > 0 && logit > (best[place - 1]?.logit ?? NaN)) place--;
    best.splice(place, 0, { id, logit });
    if (best.length > count) best.pop();
    least = best.at(-1)?.logit ?? -Infinity;
  }
  return best;
}
