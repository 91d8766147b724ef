/** What a device that joined is doing now, and the way out. */
import type { DonorSession, DonorState } from "../session/donor-session.ts";
import { KeptModels } from "../shared/kept-models.tsx";
import { Notice } from "../shared/notice.tsx";
import { ProgressBar } from "../shared/progress-bar.tsx";
import { backendInWords, bytesInWords, layersInWords, phaseInWords } from "../state/words.ts";

export interface DonorStatusProps {
  readonly session: DonorSession;
  readonly rejoin: () => Promise<void>;
}

export function DonorStatus({ session, rejoin }: DonorStatusProps) {
  const state = session.state.value;
  const room = session.room.value;
  if (state.kind === "left") {
    return (
      <section class="card">
        <Notice tone="info" title={state.message} text="The memory that this page had lent is free again.">
          <button class="primary" type="button" onClick={() => void rejoin()}>
            Join again
          </button>
        </Notice>
      </section>
    );
  }
  return (
    <section class="card">
      <div role="status">
        <State state={state} />
      </div>
      {room.kind === "reconnecting" && (
        <Notice
          tone="info"
          text="The server cannot be reached at the moment. What runs goes on; new devices have to wait."
        />
      )}
      {room.kind === "refused" && (
        <Notice tone="bad" text={`${sentence(room.message)} Reload this page to try again.`} />
      )}
      <button type="button" onClick={() => void session.leave()}>
        Leave
      </button>
      <KeptModels note={session.storage.value} />
    </section>
  );
}

function State({ state }: { readonly state: Exclude<DonorState, { kind: "left" }> }) {
  switch (state.kind) {
    case "waiting":
      return (
        <>
          <h2>In the room</h2>
          <p>{state.message}</p>
        </>
      );
    case "loading": {
      const { phase, layers, loadedBytes, totalBytes } = state;
      const bytes = phase === "fetching" ? ` ${bytesInWords(loadedBytes)} of ${bytesInWords(totalBytes)}` : "";
      return (
        <>
          <h2>{layersInWords(layers, layers.of)}</h2>
          <p>{phaseInWords(phase) + bytes}</p>
          <ProgressBar label={phaseInWords(phase)} value={loadedBytes} max={totalBytes} />
        </>
      );
    }
    case "ready":
      return (
        <>
          <h2>{layersInWords(state.layers, state.layers.of)}</h2>
          <p>Ready. Waiting for the others.</p>
        </>
      );
    case "serving":
      return (
        <>
          <h2>{layersInWords(state.layers, state.layers.of)}</h2>
          <p>In the ring, computing on {backendInWords(state.backend)}.</p>
          <p class="count">
            <strong>{state.frames}</strong> frames computed
          </p>
        </>
      );
    case "failed":
      return (
        <>
          <Notice tone="bad" title="This device cannot go on" text={state.message} />
          <p>The host can start the ring again, with this device or without it.</p>
        </>
      );
    default:
      return state satisfies never;
  }
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
