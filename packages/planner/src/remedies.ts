/** The smallest single changes after which the model would fit. */
import type { Seat } from "@jupiter/protocol";
import type { DeviceProfile, ModelNeeds } from "./request.ts";
import type { Storage } from "./split.ts";

export type Remedy =
  /** A promised context of this share of the asked one, rounded down to a percent. */
  | { readonly kind: "smaller-context"; readonly share: number; readonly tokens: number | null }
  /** So many conversations' caches at once. */
  | { readonly kind: "fewer-conversations"; readonly conversations: number }
  /** Weights of this share of their bytes (a smaller quant of the same model), rounded down to a percent. */
  | { readonly kind: "smaller-weights"; readonly share: number }
  | { readonly kind: "more-devices"; readonly like: Seat; readonly count: number };

/** Smallest change first is not comparable between kinds: each kind once, in the order of the union. */
export function remediesOf(
  ring: readonly DeviceProfile[],
  model: ModelNeeds,
  holds: ReadonlyMap<DeviceProfile, number>,
  fits: (storage: Storage) => boolean,
): readonly Remedy[] {
  const remedies: Remedy[] = [];
  const { context } = model;
  const withCache = (share: number): Storage => ({ ...model, kvBytes: model.kvBytes * share });
  if (model.kvBytes > 0 && fits(withCache(0.01))) {
    const share = largestShare((share) => fits(withCache(share)));
    remedies.push({
      kind: "smaller-context",
      share,
      tokens: context === undefined ? null : Math.floor((context.tokens * share) / 64) * 64,
    });
    for (let conversations = (context?.conversations ?? 1) - 1; conversations >= 1; conversations--) {
      if (!fits(withCache(conversations / context!.conversations))) continue;
      remedies.push({ kind: "fewer-conversations", conversations });
      break;
    }
  }
  const withWeights = (share: number): Storage => ({ ...model, weightShare: share });
  if (fits(withWeights(0.01)))
    remedies.push({ kind: "smaller-weights", share: largestShare((share) => fits(withWeights(share))) });
  const more = moreDevices(ring, holds, model.L);
  if (more !== null) remedies.push(more);
  return remedies;
}

/** In percent; `fits(0.01)` holds. */
function largestShare(fits: (share: number) => boolean): number {
  let [low, high] = [1, 100];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(middle / 100)) low = middle;
    else high = middle;
  }
  return low / 100;
}

/** One more of the smallest kind that would do alone, else several of the largest. The host is one of a kind. */
function moreDevices(
  ring: readonly DeviceProfile[],
  holds: ReadonlyMap<DeviceProfile, number>,
  L: number,
): Remedy | null {
  const held = [...holds.values()].reduce((a, b) => a + b, 0);
  const missing = Math.max(1, L - held);
  if (ring.length + 1 > L) return null;
  const bySize = [...holds].filter(([{ seat }, layers]) => seat !== "host" && layers > 0).sort(([, a], [, b]) => a - b);
  const one = bySize.find(([, layers]) => layers >= missing);
  if (one !== undefined) return { kind: "more-devices", like: one[0].seat, count: 1 };
  const largest = bySize.at(-1);
  return largest === undefined
    ? null
    : { kind: "more-devices", like: largest[0].seat, count: Math.ceil(missing / largest[1]) };
}
