/** Why layers moved between two answers, in one sentence. */
import type { Shift } from "@jupiter/planner";
import type { Device } from "../session/donor-proxy.ts";
import { texts } from "../texts/index.ts";

/** Less is no reason that a person would believe. */
const LEAST_FACTOR = 1.1;

/** Empty: nothing moved. */
export function movedInWords(shifts: readonly Shift[], devices: readonly Pick<Device, "peer" | "name">[]): string {
  const { moved, because, thisDevice } = texts.plan;
  const nameOf = ({ seat }: Shift) =>
    seat === "host" ? thisDevice : (devices.find(({ peer }) => peer === seat)?.name ?? texts.guests.unknownDevice);
  const most = [...shifts].sort((a, b) => Math.abs(b.layers) - Math.abs(a.layers));
  const from = most.filter(({ layers }) => layers < 0);
  const to = most.filter(({ layers }) => layers > 0);
  if (from.length === 0 || to.length === 0) return "";
  const slower = [...from].sort((a, b) => b.factor - a.factor)[0];
  const faster = [...to].sort((a, b) => a.factor - b.factor)[0];
  const reason =
    slower !== undefined && slower.factor >= LEAST_FACTOR
      ? because.slower(nameOf(slower), slower.factor)
      : faster !== undefined && faster.factor <= 1 / LEAST_FACTOR
        ? because.faster(nameOf(faster), 1 / faster.factor)
        : because.all;
  return `${moved(from.map(nameOf), to.map(nameOf))}: ${reason}`;
}
