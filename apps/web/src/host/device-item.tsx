/** One device as a card. */
import type { Device } from "../session/donor-proxy.ts";
import type { HostSession } from "../session/host-session.ts";
import type { RingState } from "../session/ring.ts";
import { Facts } from "../shared/facts.tsx";
import { LinkCauses } from "../shared/link-causes.tsx";
import { ProgressBar } from "../shared/progress-bar.tsx";
import { layersOf } from "../state/ring-seats.ts";
import { backendInWords, deviceStateInWords, sentence } from "../state/words.ts";
import { texts } from "../texts/index.ts";
import { DeviceMenu } from "./device-menu.tsx";
import type { HostStore } from "./host-store.ts";
import { LayerStrip } from "../shared/layer-strip.tsx";

interface OwnItemProps {
  readonly store: HostStore;
  readonly ring: Extract<RingState, { kind: "ready" }> | null;
  /** Its layers, for one token; 0: not measured. */
  readonly lapMs: number;
}

/** The host's own. */
export function OwnItem({ store, ring, lapMs }: OwnItemProps) {
  const { devices } = texts;
  const own = ring?.places.filter(({ seat }) => seat === "host") ?? [];
  const { headMs } = store.pulse.value;
  const facts = [
    ring !== null && ring.head !== "host" ? devices.wordsIn : headMs > 0 ? devices.wordsTime(headMs) : devices.words,
    ...(ring === null ? [] : [backendInWords(ring.host.backend), devices.fetched(ring.host.fetchedBytes)]),
    ...(ring !== null && ring.host.memoryBytes > 0 ? [devices.holds(ring.host.memoryBytes)] : []),
  ];
  return (
    <li class="own">
      <div class="device">
        <strong>{devices.thisDevice}</strong>
        <span class={ring === null ? "state" : "state serving"}>
          {ring === null ? devices.hosts : devices.states.serving}
        </span>
      </div>
      {ring !== null && <Part places={own} of={ring.checkpoint.shape.L} lapMs={lapMs} />}
      <p class="hint">
        <Facts of={facts} />
      </p>
      {ring !== null && ring.host.fallbacks.length > 0 && <p class="hint">{devices.fallbacks(ring.host.fallbacks)}</p>}
    </li>
  );
}

interface DeviceItemProps {
  readonly device: Device;
  readonly layerCount: number | null;
  readonly lapMs: number;
  /** What finding the words takes it, 0: not measured; null: they are found elsewhere. */
  readonly headMs: number | null;
  readonly takesPart: boolean;
  /** The ring is faster without it. */
  readonly isLeftOut: boolean;
  /** The ring that runs has layers on it. */
  readonly isServing: boolean;
  /** There is a ring, without it. */
  readonly isWaiting: boolean;
  readonly setTakesPart: (takesPart: boolean) => void;
  /** A TURN server is there. */
  readonly hasRelay: boolean;
  readonly session: HostSession;
}

export function DeviceItem(props: DeviceItemProps) {
  const { device, layerCount, lapMs, headMs, takesPart, isLeftOut, isServing, isWaiting } = props;
  const { setTakesPart, hasRelay, session } = props;
  const { devices } = texts;
  const { name, state, layers, serving, stats, memoryPledgeBytes } = device;
  const facts = [
    ...(headMs === null ? [] : [headMs > 0 ? devices.wordsOutTime(headMs) : devices.wordsOut]),
    ...(serving === null ? [] : [backendInWords(serving.backend)]),
    ...linkFacts(device),
    ...speedFacts(device),
    ...(serving === null ? [] : [devices.fetched(serving.fetchedBytes)]),
    ...(serving !== null && stats.memoryBytes !== null ? [devices.holds(stats.memoryBytes)] : []),
    ...(state.kind === "idle" && memoryPledgeBytes > 0 ? [devices.lends(memoryPledgeBytes)] : []),
    ...(isWaiting && takesPart ? [isLeftOut ? devices.leftOut : devices.joinsNext] : []),
  ];
  return (
    <li>
      <div class="device">
        <label>
          <input type="checkbox" checked={takesPart} onChange={(event) => setTakesPart(event.currentTarget.checked)} />
          <strong class="name" title={name}>
            {name}
          </strong>
        </label>
        <span class={`state ${state.kind}`}>{deviceStateInWords(device)}</span>
      </div>
      {layers !== null && <Part places={[{ layers }]} of={layerCount} lapMs={lapMs} />}
      {facts.length > 0 && (
        <p class="hint">
          <Facts of={facts} />
        </p>
      )}
      {state.kind === "loading" && (
        <ProgressBar label={devices.isLoading(name)} value={state.loadedBytes} max={state.totalBytes} />
      )}
      {state.kind === "failed" && <Failure state={state} hasRelay={hasRelay} />}
      {serving !== null && serving.fallbacks.length > 0 && <p class="hint">{devices.fallbacks(serving.fallbacks)}</p>}
      <DeviceMenu device={device} session={session} isServing={isServing} />
    </li>
  );
}

/** As measured for the plan; until then what pings of this page tell. */
function linkFacts({ link, roundTripMs }: Device): readonly string[] {
  const { devices } = texts;
  if (link !== null && link !== "silent") return [devices.linkMeasured(link.cost.rttMs, link.cost.bytesPerMs)];
  return [
    ...(roundTripMs === null ? [] : [devices.link(roundTripMs)]),
    ...(link === "silent" ? [devices.linkGuessed] : []),
  ];
}

/** Whether it is still what it was measured to be. */
function speedFacts({ drift, fitError }: Device): readonly string[] {
  const changed = drift === null ? null : texts.devices.drift(drift);
  if (changed !== null) return [changed];
  return fitError === null ? [] : [texts.devices.fitError(fitError)];
}

interface PartProps {
  readonly places: Parameters<typeof LayerStrip>[0]["places"];
  readonly of: number | null;
  readonly lapMs: number;
}

/** "12 of 30 layers, 18 ms a lap". */
function Part({ places, of, lapMs }: PartProps) {
  return (
    <>
      {of !== null && places.length > 0 && <LayerStrip places={places} of={of} />}
      <p class="part">{texts.devices.part(layersOf(places), of, lapMs > 0 ? lapMs : null)}</p>
    </>
  );
}

interface FailureProps extends Pick<DeviceItemProps, "hasRelay"> {
  readonly state: Extract<Device["state"], { kind: "failed" }>;
}

function Failure({ state: { reason, message }, hasRelay }: FailureProps) {
  if (reason === "link")
    return <LinkCauses title={texts.linkTrouble.hostTitle} message={message} hasRelay={hasRelay} />;
  const { title, next } = texts.ringTrouble[reason];
  return (
    <div class="failure" role="alert">
      <strong>{title}</strong>
      <p>{sentence(message)}</p>
      <p class="hint">{next}</p>
    </div>
  );
}
