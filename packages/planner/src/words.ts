/** What is missing, as a person reads it. */
import type { Remedy } from "./remedies.ts";
import type { DeviceProfile, ModelNeeds } from "./request.ts";

export function tooManyStages(
  ring: readonly DeviceProfile[],
  devices: readonly DeviceProfile[],
  { L }: ModelNeeds,
): string {
  const cure =
    ring.length - L === 1 && devices.length < ring.length
      ? "Let the host hold one end only, or leave a device out."
      : `Leave ${ring.length - L === 1 ? "a device" : `${ring.length - L} devices`} out.`;
  return `The model has ${L} layers, and the ring has ${ring.length} stages; each needs at least one layer. ${cure}`;
}

export function memoryMessage(
  ring: readonly DeviceProfile[],
  model: ModelNeeds,
  holds: ReadonlyMap<DeviceProfile, number>,
  missingBytes: number,
  remedies: readonly Remedy[],
): string {
  const or = remedies.flatMap((remedy) => (remedy.kind === "more-devices" ? [] : [`, or ${inShort(remedy)}`])).join("");
  const placesOf = (device: DeviceProfile) => ring.filter((other) => other === device).length;
  const [tooSmall] = [...holds].find(([device, layers]) => layers < placesOf(device)) ?? [];
  if (tooSmall !== undefined) {
    const layers = placesOf(tooSmall);
    const leastBytes = tooSmall.fixedBytes + layers * (model.kvBytes + Math.min(...tooSmall.layerBytes));
    return (
      `${tooSmall.name} is too small: it offers ${inWords(tooSmall.memoryBytes)}, and ` +
      `${layers === 1 ? "even one layer takes" : `${layers} layers take`} ${inWords(leastBytes)}. Leave it out, or give it more memory${or}.`
    );
  }
  const held = [...holds.values()].reduce((a, b) => a + b, 0);
  const missing = `about ${inWords(missingBytes)} are missing`;
  // Layers of different sizes: enough room in all, but not where the ring's order needs it.
  if (held >= model.L)
    return `The layers do not fit these devices in this order; ${missing}: another order, one more device${or}.`;
  const more = remedies.find((remedy) => remedy.kind === "more-devices");
  const like = [...holds.keys()].find(({ seat }) => seat === more?.like)?.name ?? "these";
  const devices =
    more === undefined || more.count === 1
      ? `one more device${more === undefined ? "" : ` like ${like}`}`
      : `${more.count} more devices like ${like}`;
  return `The devices can hold ${held} of ${model.L} layers; ${missing}: ${devices}${or}.`;
}

function inShort(remedy: Exclude<Remedy, { kind: "more-devices" }>): string {
  switch (remedy.kind) {
    case "smaller-context":
      return remedy.tokens === null ? "a smaller context" : `a context of ${remedy.tokens} tokens`;
    case "fewer-conversations":
      return `${remedy.conversations === 1 ? "one conversation" : `${remedy.conversations} conversations`} at once`;
    case "smaller-weights":
      return `weights ${Math.round(100 * (1 - remedy.share))} % smaller`;
    default:
      return remedy satisfies never;
  }
}

/** Rounded up, in decimal units. */
export function inWords(sizeBytes: number): string {
  return sizeBytes < 1e9 ? `${Math.ceil(sizeBytes / 1e6)} MB` : `${(Math.ceil(sizeBytes / 1e8) / 10).toFixed(1)} GB`;
}
