/** A ring of real devices as a scenario file: what each was timed with, for `npm run sim` and for emulated tabs (e2e/ring/scenario.schema.json). Pure. */
import { CHAT, type DeviceProfile, type HostLayers, type LayerCost, type PlanRequest } from "@jupiter/planner";
import type { Seat } from "@jupiter/protocol";
import { distinctName } from "./names.ts";

export interface ServedRing {
  readonly places: readonly { readonly seat: Seat }[];
  readonly head: Seat;
}

/** Of half precision, in which the page's frames are. */
const ROW_VALUE_BYTES = 2;
const NO_LAYERS: LayerCost = [{ fromRows: 1, floorMs: 0, rowMs: 0, pairMs: 0 }];

/** JSON. The host first, then donors in ring order, then those that are left out. Memory is not in it: whoever plans with it has this model and these devices. */
export function ringFile({ devices, link, model, placement }: PlanRequest, { places, head }: ServedRing): string {
  const profiles = inRingOrder(devices, places);
  const names = profiles.reduce<string[]>((taken, { name }) => [...taken, distinctName(name, taken)], []);
  const pairs = profiles.flatMap((from, i) => profiles.slice(i + 1).map((to, j) => ({ from, to, i, j: i + 1 + j })));
  const file = {
    version: 1,
    shape: { L: model.L, D: model.rowBytes / ROW_VALUE_BYTES },
    wire: "f16",
    hostLayers: hostLayersOf(places),
    head: head === "host" ? "host" : "last",
    donors: placement.donors,
    devices: profiles.map(({ costs }, i) => ({
      name: names[i],
      time: { ...costs, layer: costs.layer.length === 0 ? NO_LAYERS : costs.layer },
    })),
    links: pairs.map(({ from, to, i, j }) => {
      const { rttMs, bytesPerMs } = link(from.seat, to.seat);
      const rate = Number.isFinite(bytesPerMs) ? { mbitPerS: bytesPerMs / 125 } : {};
      return { from: names[i], to: names[j], delayMs: rttMs / 2, ...rate };
    }),
    prompts: [{ id: "chat", promptTokens: CHAT.promptTokens, tokens: CHAT.answerTokens }],
  };
  return JSON.stringify(file, null, 2);
}

function inRingOrder(devices: readonly DeviceProfile[], places: ServedRing["places"]): readonly DeviceProfile[] {
  const rank = ({ seat }: DeviceProfile) => {
    const place = places.findIndex((place) => place.seat === seat);
    return seat === "host" ? -1 : place < 0 ? places.length : place;
  };
  return devices.toSorted((a, b) => rank(a) - rank(b));
}

function hostLayersOf(places: ServedRing["places"]): HostLayers {
  if (places.every(({ seat }) => seat === "host")) return "all";
  const [first, last] = [places[0]?.seat === "host", places.at(-1)?.seat === "host"];
  return first && last ? "both" : first ? "first" : last ? "last" : "none";
}
