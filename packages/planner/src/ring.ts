import { PlannerError } from "./errors.ts";
import type { DeviceProfile, HostLayers, PlanRequest } from "./request.ts";

/** Who would hold layers in the order in which they came; the host at both ends is the same object twice. Throws `PlannerError`. */
export function ringOf({ devices, placement }: PlanRequest): readonly DeviceProfile[] {
  const donors = devices.filter(({ seat }) => seat !== "host");
  const host = hostOf(devices);
  const form: HostLayers = placement.hostLayers.find((form) => form !== "all") ?? "all";
  if (form === "none") {
    if (donors.length > 0) return donors;
    throw new PlannerError("no-stages", "No device holds layers. Let another device join, or give the host layers.");
  }
  return donors.length === 0 ? [host] : ringOrder(host, donors, form);
}

export function ringOrder<T>(host: T, donors: readonly T[], hostLayers: HostLayers): readonly T[] {
  switch (hostLayers) {
    case "none":
      return donors;
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

function hostOf(devices: readonly DeviceProfile[]): DeviceProfile {
  const host = devices.find(({ seat }) => seat === "host");
  if (host === undefined)
    throw new PlannerError(
      "unknown-seat",
      "The host's profile is missing; it embeds and scores every token: measure it.",
    );
  return host;
}

/** Throws `PlannerError` for numbers that no device can have meant. */
export function checked({ devices, model, placement, workload }: PlanRequest): void {
  hostOf(devices);
  for (const device of devices) checkDevice(device, model.L);
  if (placement.hostLayers.length === 0 || placement.head.length === 0)
    throw new PlannerError("no-stages", "Say where the host may hold layers, and who may run the head.");
  const wrong = Object.entries(workload).find(([name, value]) => !(value >= (name === "hostLapMs" ? 0 : 1)));
  if (wrong !== undefined || !Object.values(workload).every(Number.isFinite))
    throw new PlannerError("bad-workload", `A workload of ${JSON.stringify(workload)} cannot be planned for.`);
}

function checkDevice({ name, costs, memoryBytes, fixedBytes, headBytes, layerBytes }: DeviceProfile, L: number): void {
  const isSize = (value: number) => value >= 0 && value < Infinity;
  const times = [costs.frameMs, ...costs.layer.flatMap(({ floorMs, rowMs, pairMs }) => [floorMs, rowMs, pairMs])];
  const wrong =
    costs.layer.length === 0 || !times.every(isSize)
      ? `times of ${times.join(", ")} ms`
      : !(memoryBytes >= 0)
        ? `a memory limit of ${memoryBytes} bytes`
        : !isSize(fixedBytes) || !isSize(headBytes)
          ? `fixed bytes of ${fixedBytes} and ${headBytes}`
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
