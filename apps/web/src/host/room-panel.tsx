/** Beside the chat: the way into the room, its devices, the model, and the button that puts the ring together. */
import { hostLayersInWords, privacyInWords } from "../state/words.ts";
import { KeptModels } from "../shared/kept-models.tsx";
import { Notice } from "../shared/notice.tsx";
import { startLabel } from "../state/ring-view.ts";
import { DeviceList } from "./device-list.tsx";
import type { HostStore, Settings } from "./host-store.ts";
import { CapacitySettings } from "./capacity-settings.tsx";
import { Invitation } from "./invitation.tsx";
import { ModelPicker } from "./model-picker.tsx";
import { RingPicture } from "./ring-picture.tsx";

export interface RoomPanelProps {
  readonly store: HostStore;
}

export function RoomPanel({ store, close }: RoomPanelProps & { readonly close: () => void }) {
  const room = store.session.room.value;
  return (
    <aside class="room" aria-label="Room">
      <Invitation link={store.invitation} />
      {room.kind === "reconnecting" && (
        <Notice
          tone="info"
          text="The server cannot be reached at the moment. The ring goes on; new devices have to wait."
        />
      )}
      {room.kind === "refused" && (
        <Notice
          tone="bad"
          text={`The server has closed this room: ${room.message}. Reload this page to open another.`}
        />
      )}
      <section class="card">
        <h2>Ring</h2>
        <ModelSettings store={store} />
        <RingStatus store={store} />
        <RingPicture store={store} />
        <KeptModels note={store.session.storage.value} />
      </section>
      <section class="card">
        <h2>Devices</h2>
        <DeviceList store={store} />
      </section>
      <button type="button" onClick={close}>
        Close the room
      </button>
    </aside>
  );
}

function ModelSettings({ store }: RoomPanelProps) {
  const { backend, hostLayers, maxTokens } = store.settings.value;
  const change = (settings: Partial<Settings>) => (store.settings.value = { ...store.settings.value, ...settings });
  const isFixed = store.ring.value.kind === "starting";
  return (
    <fieldset disabled={isFixed}>
      <ModelPicker store={store} />
      <details>
        <summary>Options</summary>
        <label class="field">
          This device computes
          <select
            value={hostLayers}
            onChange={(event) => change({ hostLayers: event.currentTarget.value as Settings["hostLayers"] })}
          >
            {(["first", "both", "last", "none"] as const).map((value) => (
              <option key={value} value={value}>
                {hostLayersInWords(value)}
              </option>
            ))}
          </select>
          <span class="hint">{privacyInWords(hostLayers)}</span>
        </label>
        <label class="field">
          Devices compute on
          <select
            value={backend}
            onChange={(event) => change({ backend: event.currentTarget.value as Settings["backend"] })}
          >
            <option value="auto">the graphics processor where it works</option>
            <option value="webgpu">the graphics processor only (WebGPU)</option>
            <option value="wasm">the main processor only (wasm)</option>
          </select>
        </label>
        <label class="field">
          Longest answer, in tokens
          <input
            type="number"
            min={1}
            max={4096}
            value={maxTokens}
            onChange={(event) =>
              change({ maxTokens: Math.min(4096, Math.max(1, Math.round(event.currentTarget.valueAsNumber) || 512)) })
            }
          />
        </label>
        <CapacitySettings store={store} />
      </details>
    </fieldset>
  );
}

function RingStatus({ store }: RoomPanelProps) {
  const ring = store.ring.value;
  if (ring.kind === "starting") {
    return (
      <div class="actions">
        <p role="status">{ring.message}</p>
        <button type="button" onClick={() => void store.giveUpStart()}>
          Cancel
        </button>
      </div>
    );
  }
  return (
    <>
      {ring.kind === "lost" && <Notice tone="bad" title="The ring has ended" text={ring.message} />}
      {ring.kind === "not-started" && <Notice tone="bad" title="The ring did not start" text={ring.message} />}
      {ring.kind === "cancelled" && <p role="status">The start was given up.</p>}
      {ring.kind === "ready" && (
        <p role="status">
          The ring is ready: {ring.ring.model.title}, {ring.ring.checkpoint.shape.L} layers.
        </p>
      )}
      <button class={ring.kind === "ready" ? "" : "primary"} type="button" onClick={() => void store.start()}>
        {startLabel(ring, store.chosen.value)}
      </button>
    </>
  );
}
