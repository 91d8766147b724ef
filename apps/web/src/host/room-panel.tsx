/** Beside the chat: the ring, the way into the room, its devices and the model. */
import { Hindrances } from "../shared/hindrances.tsx";
import { KeptModels } from "../shared/kept-models.tsx";
import { Notice } from "../shared/notice.tsx";
import { privacyInWords, sentence } from "../state/words.ts";
import { texts } from "../texts/index.ts";
import { SuspicionNotices } from "../shared/suspicion-notice.tsx";
import { AskFirst } from "./ask-first.tsx";
import { DeviceList } from "./device-list.tsx";
import { DonorAsks } from "./donor-asks.tsx";
import type { HostStore, Settings } from "./host-store.ts";
import { CapacitySettings } from "./capacity-settings.tsx";
import { Invitation } from "./invitation.tsx";
import { ModelPicker } from "./model-picker.tsx";
import { PlanPanel } from "./plan-panel.tsx";
import { RingStatus } from "./ring-status.tsx";
import { RingView } from "./ring-view.tsx";

export interface RoomPanelProps {
  readonly store: HostStore;
}

export function RoomPanel({ store, close }: RoomPanelProps & { readonly close: () => void }) {
  const room = store.session.room.value;
  return (
    <aside class="room" aria-label={texts.room.name}>
      <Invitation store={store} />
      <section class="card ring-card">
        <RingView store={store} />
        {store.isReopened && store.ring.value.kind === "none" && <p class="hint">{texts.room.reopened}</p>}
        <RingStatus store={store} />
        <PlanPanel store={store} />
        <ModelSettings store={store} />
        <Hindrances />
        <KeptModels note={store.session.storage.value} />
      </section>
      {room.kind === "reconnecting" && (
        <Notice
          tone="info"
          title={texts.room.serverGone}
          text={store.ring.value.kind === "starting" ? texts.room.serverGoneStarting : texts.room.serverGoneHint}
        />
      )}
      {room.kind === "refused" && (
        <Notice
          tone="bad"
          title={texts.room.serverRefused}
          text={`${sentence(room.message)} ${texts.room.reloadForNew}`}
        />
      )}
      <SuspicionNotices session={store.session} />
      <section class="card">
        <h2>{texts.room.devices}</h2>
        <AskFirst session={store.session} />
        <DeviceList store={store} />
        <DonorAsks session={store.session} />
      </section>
      <button class="quiet" type="button" onClick={close}>
        {texts.room.close}
      </button>
    </aside>
  );
}

interface HeadSwitchProps {
  /** This device has the last layers. */
  readonly isLast: boolean;
  readonly moves: boolean;
  readonly set: (moves: boolean) => void;
}

/** Who finds the words. */
function HeadSwitch({ isLast, moves, set }: HeadSwitchProps) {
  return (
    <div class="field">
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          aria-describedby="head-hint"
          disabled={isLast}
          checked={moves && !isLast}
          onChange={(event) => set(event.currentTarget.checked)}
        />
        {texts.room.headMoves}
      </label>
      <span class="hint" id="head-hint">
        {isLast ? texts.room.headStays : texts.room.headMovesHint}
      </span>
    </div>
  );
}

function ModelSettings({ store }: RoomPanelProps) {
  const { backend, hostLayers, headMoves, leavesOut, maxTokens } = store.settings.value;
  const change = (settings: Partial<Settings>) => (store.settings.value = { ...store.settings.value, ...settings });
  const isFixed = store.ring.value.kind === "starting";
  return (
    <fieldset disabled={isFixed}>
      <ModelPicker store={store} />
      <details>
        <summary>{texts.room.options}</summary>
        <label class="field">
          {texts.room.hostComputes}
          <select
            value={hostLayers}
            onChange={(event) => change({ hostLayers: event.currentTarget.value as Settings["hostLayers"] })}
          >
            {(["first", "both", "last", "none"] as const).map((value) => (
              <option key={value} value={value}>
                {texts.room.hostLayers[value]}
              </option>
            ))}
          </select>
          <span class="hint">{privacyInWords(hostLayers)}</span>
        </label>
        <HeadSwitch
          isLast={hostLayers === "last" || hostLayers === "both"}
          moves={headMoves}
          set={(headMoves) => change({ headMoves })}
        />
        <label class="field">
          {texts.room.backend}
          <select
            value={backend}
            onChange={(event) => change({ backend: event.currentTarget.value as Settings["backend"] })}
          >
            <option value="auto">{texts.room.backends.auto}</option>
            <option value="webgpu">{texts.room.backends.webgpu}</option>
            <option value="wasm">{texts.room.backends.wasm}</option>
          </select>
        </label>
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={leavesOut}
            onChange={(event) => change({ leavesOut: event.currentTarget.checked })}
          />
          {texts.room.leavesOut}
        </label>
        <label class="field">
          {texts.room.longestAnswer}
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
