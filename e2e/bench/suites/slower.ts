/** Emulated devices that take longer than they are said to, so that one machine can play all of them; to be divided out again. */
import type { ScenarioFields } from "../../ring/scenario.ts";

type Time = NonNullable<NonNullable<ScenarioFields["devices"]>[number]["time"]>;
type Link = NonNullable<ScenarioFields["links"]>[number];

/** Of a device without a drafter. */
export function slower({ layer, frameMs = 0, head = null }: Time, times: number): Time {
  const scaled = <Part extends { floorMs: number; rowMs: number }>(part: Part) => ({
    ...part,
    floorMs: part.floorMs * times,
    rowMs: part.rowMs * times,
  });
  return {
    layer: layer.map((piece) => ({ ...scaled(piece), pairMs: (piece.pairMs ?? 0) * times })),
    frameMs: frameMs * times,
    head: head === null ? null : scaled(head),
  };
}

/** What a message waits for on it, at a rate so many times lower. */
export function slowerLink({ mbitPerS, delayMs = 0, ...link }: Link, times: number): Link {
  return {
    ...link,
    delayMs: delayMs * times,
    ...(mbitPerS === undefined ? {} : { mbitPerS: mbitPerS / times }),
  };
}
