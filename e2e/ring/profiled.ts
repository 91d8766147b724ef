/** A ring of real tabs as a scenario whose devices take what the page timed. */
import type { Pipe } from "@jupiter/planner";
import type { Seat } from "@jupiter/protocol";
import type { Names } from "./report.ts";
import { parse, Scenario } from "./scenario.ts";

/** `pipe`: of the page's plan, whose places sit at `places`. Devices without a place take no time: they were not timed. */
export function profiled(
  scenario: Scenario,
  pipe: Pipe,
  places: readonly { readonly seat: Seat }[],
  names: Names,
): Scenario {
  const headSeat = scenario.head === "last" ? places.at(-1)?.seat : "host";
  const devices = [...names].map(([seat, name]) => {
    const costs = pipe.places[places.findIndex((place) => place.seat === seat)]?.costs;
    const layer = costs?.layer ?? [{ fromRows: 1, floorMs: 0, rowMs: 0, pairMs: 0 }];
    return { name, time: { layer, frameMs: costs?.frameMs ?? 0, head: seat === headSeat ? pipe.head : null } };
  });
  const links = pipe.places.flatMap(({ link }, i) => {
    const name = (at: number) => names.get(places[at]?.seat ?? "host") ?? "?";
    if (link === null) return [];
    const rate = Number.isFinite(link.bytesPerMs) ? { mbitPerS: link.bytesPerMs / 125 } : {};
    return [{ from: name(i - 1), to: name(i), delayMs: link.rttMs / 2, ...rate }];
  });
  const { tabs: _tabs, ...fields } = scenario;
  return parse(Scenario, { ...fields, devices, links }, "what was timed");
}
