/** What one device more or less would change, in one sentence. */
import type { WhatIf } from "@jupiter/planner";
import type { Device } from "../session/donor-proxy.ts";
import { texts } from "../texts/index.ts";

export function whatIfInWords(
  { kind, seat, result }: WhatIf,
  devices: readonly Pick<Device, "peer" | "name">[],
): string {
  const name = devices.find(({ peer }) => peer === seat)?.name ?? texts.guests.unknownDevice;
  const { whatIf } = texts.plan;
  if (result.kind === "not-enough") return whatIf.impossible(name);
  const say = kind === "without" ? whatIf.without : whatIf.oneMoreLike;
  return say(name, result.predicted.tokensPerSecond, result.predicted.firstTokenMs);
}
