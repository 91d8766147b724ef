import { PlannerError } from "./errors.ts";
import type { DeviceProfile, PlanRequest } from "./request.ts";

/** Who holds layers, in ring order; the host at both ends is the same object twice. Throws `PlannerError`. */
export function ringOf({ devices, model, placement }: PlanRequest): readonly DeviceProfile[] {
  const { hostLayers } = placement;
  for (const device of devices) check(device, model.L);
  const donors = hostLayers === "all" ? [] : devices.filter(({ seat }) => seat !== "host");
  if (hostLayers === "none") {
    if (donors.length > 0) return donors;
    throw new PlannerError("no-stages", "No device holds layers. Let another device join, or give the host layers.");
  }
  const host = devices.find(({ seat }) => seat === "host");
  if (host === undefined) {
    throw new PlannerError(
      "unknown-seat",
      `The host is to hold layers (${hostLayers}), but its profile is missing; measure it, or choose "none".`,
    );
  }
  if (donors.length === 0) return [host];
  switch (hostLayers) {
    case "first":
      return [host, ...donors];
    case "last":
      return [...donors, host];
    case "both":
      return [host, ...donors, host];
    case "all":
      return [host];
    default:
      return hostLayers satisfies never;
  }
}

function check({ name, layerMs, memoryBytes, fixedBytes, layerBytes }: DeviceProfile, L: number): void {
  const isSize = (value: number) => value >= 0 && value < Infinity;
  const wrong = !isSize(layerMs)
    ? `a layer's time of ${layerMs} ms`
    : !(memoryBytes >= 0)
      ? `a memory limit of ${memoryBytes} bytes`
      : !isSize(fixedBytes)
        ? `fixed bytes of ${fixedBytes}`
        : layerBytes.length !== L || !layerBytes.every(isSize)
          ? `sizes of ${layerBytes.length} layers (the model has ${L})`
          : null;
  if (wrong !== null)
    throw new PlannerError("bad-profile", `${name} reports ${wrong}; measure it again, or leave it out.`);
}

/** The counts as they came. Throws `PlannerError` 'layer-counts'. */
export function checkedCounts(layers: readonly number[], ring: readonly DeviceProfile[], L: number): readonly number[] {
  const sum = layers.reduce((a, b) => a + b, 0);
  const wrong =
    layers.length !== ring.length
      ? `${layers.length} came`
      : layers.some((count) => !Number.isInteger(count) || count < 1)
        ? "each must be a whole number of at least 1"
        : sum !== L
          ? `their sum is ${sum}`
          : null;
  if (wrong === null) return layers;
  throw new PlannerError(
    "layer-counts",
    `Layers per stage: expected ${ring.length} counts (${ring.map(({ name }) => name).join(", ")}) that add up to the model's ${L} ` +
      `layers, got ${layers.join(", ") || "none"}: ${wrong}. Change them, or leave them out for an automatic split.`,
  );
}
