/** Every device of the room: what it holds, on what it computes, how it is doing. This one comes first. */
import type { Device } from "../session/donor-proxy.ts";
import type { Place } from "../session/host-session.ts";
import { ProgressBar } from "../shared/progress-bar.tsx";
import { isAvailable, ringDonors } from "../state/ring-view.ts";
import { backendInWords, bytesInWords, deviceStateInWords, layersInWords } from "../state/words.ts";
import type { HostStore } from "./host-store.ts";

export function DeviceList({ store }: { readonly store: HostStore }) {
  const ring = store.ring.value;
  const layerCount = ring.kind === "ready" ? ring.ring.checkpoint.shape.L : null;
  const own = ring.kind === "ready" ? ring.ring.places.filter(({ seat }) => seat === "host") : [];
  const devices = store.session.devices.value;
  const inRing = new Set(ringDonors(ring));
  return (
    <>
      <ul class="devices" aria-label="Devices">
        <li>
          <div class="device">
            <strong>This device</strong>
            <span class="state">{ring.kind === "ready" ? "In the ring" : "Host"}</span>
          </div>
          <p class="hint">{ownPart(own, layerCount, ring.kind === "ready" ? ring.ring.host.backend : null)}</p>
        </li>
        {devices.map((device) => (
          <DeviceItem
            key={device.peer}
            device={device}
            layerCount={layerCount}
            takesPart={!store.leftOut.value.has(device.peer)}
            isWaiting={ring.kind === "ready" && !inRing.has(device.peer) && isAvailable(device)}
            setTakesPart={(takesPart) => store.setLeftOut(device.peer, !takesPart)}
          />
        ))}
      </ul>
      {devices.length === 0 && <p class="hint">Nobody has joined yet. This device can also answer alone.</p>}
    </>
  );
}

interface DeviceItemProps {
  readonly device: Device;
  readonly layerCount: number | null;
  readonly takesPart: boolean;
  /** There is a ring, without it. */
  readonly isWaiting: boolean;
  readonly setTakesPart: (takesPart: boolean) => void;
}

function DeviceItem({ device, layerCount, takesPart, isWaiting, setTakesPart }: DeviceItemProps) {
  const { name, state, layers, serving, stats, memoryPledgeBytes, roundTripMs } = device;
  const facts = [
    ...(layers === null ? [] : [layersInWords(layers, layerCount)]),
    ...(serving === null ? [] : [backendInWords(serving.backend)]),
    ...(state.kind === "serving" && stats.runs > 0 ? [`${(stats.computeMs / stats.runs).toFixed(0)} ms a frame`] : []),
    ...(roundTripMs === null ? [] : [`link ${roundTripMs.toFixed(0)} ms`]),
    ...(serving === null ? [] : [`fetched ${bytesInWords(serving.fetchedBytes)}`]),
    ...(state.kind === "idle" && memoryPledgeBytes > 0 ? [`lends up to ${bytesInWords(memoryPledgeBytes)}`] : []),
    ...(isWaiting && takesPart ? ["joins when the ring starts again"] : []),
  ];
  return (
    <li>
      <div class="device">
        <label>
          <input type="checkbox" checked={takesPart} onChange={(event) => setTakesPart(event.currentTarget.checked)} />
          <strong>{name}</strong>
        </label>
        <span class={`state ${state.kind}`}>{deviceStateInWords(device)}</span>
      </div>
      {facts.length > 0 && <p class="hint">{facts.join(" · ")}</p>}
      {state.kind === "loading" && (
        <ProgressBar label={`${name} is loading`} value={state.loadedBytes} max={state.totalBytes} />
      )}
      {state.kind === "failed" && <p class="bad">{state.message}</p>}
      {serving !== null && serving.fallbacks.length > 0 && (
        <p class="hint">
          Its {serving.fallbacks.join(" and ")} computed wrong numbers or none; it uses what passed the test.
        </p>
      )}
    </li>
  );
}

function ownPart(own: readonly Place[], layerCount: number | null, backend: string | null): string {
  const head = "Vocabulary and choice of words";
  const layers = own.map((place) => layersInWords(place.layers, layerCount).toLowerCase());
  return [[head, ...layers].join(", "), ...(backend === null ? [] : [backendInWords(backend)])].join(" · ");
}
