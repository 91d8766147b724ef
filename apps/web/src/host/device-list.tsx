/** Every device of the room: what it holds, on what it computes, how it is doing. This one comes first. */
import { isAvailable, ringDonors } from "../state/ring-view.ts";
import { msBySeat } from "../state/ring-seats.ts";
import { texts } from "../texts/index.ts";
import { DeviceItem, OwnItem } from "./device-item.tsx";
import type { HostStore } from "./host-store.ts";

export function DeviceList({ store }: { readonly store: HostStore }) {
  const view = store.ring.value;
  const ring = view.kind === "ready" ? view.ring : null;
  const devices = store.session.devices.value;
  const removed = store.session.removed.value;
  const inRing = new Set(ringDonors(view));
  const times = msBySeat(ring?.places ?? [], store.pulse.value);
  return (
    <>
      <ul class="devices" aria-label={texts.room.devices}>
        <OwnItem store={store} ring={ring} lapMs={times.get("host") ?? 0} />
        {devices.map((device) => (
          <DeviceItem
            key={device.peer}
            device={device}
            layerCount={ring?.checkpoint.shape.L ?? null}
            lapMs={times.get(device.peer) ?? 0}
            headMs={ring?.head === device.peer ? store.pulse.value.headMs : null}
            takesPart={!store.leftOut.value.has(device.peer)}
            isLeftOut={ring?.plan?.leftOut.includes(device.peer) === true}
            isServing={inRing.has(device.peer)}
            isWaiting={ring !== null && !inRing.has(device.peer) && isAvailable(device)}
            hasRelay={store.session.hasRelay}
            setTakesPart={(takesPart) => store.setLeftOut(device.peer, !takesPart)}
            session={store.session}
          />
        ))}
      </ul>
      <p class="hint" role="status">
        {removed !== null && texts.guests.isRemoved(removed)}
      </p>
      {devices.length === 0 && <p class="hint">{texts.room.alone}</p>}
    </>
  );
}
