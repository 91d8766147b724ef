/** What a device that joined is doing now, and the way out. */
import { LayerStrip } from "../shared/layer-strip.tsx";
import { useRef } from "preact/hooks";
import type { DonorSession, DonorState } from "../session/donor-session.ts";
import { KeptModels } from "../shared/kept-models.tsx";
import { LinkCauses } from "../shared/link-causes.tsx";
import { Notice } from "../shared/notice.tsx";
import { SuspicionNotices } from "../shared/suspicion-notice.tsx";
import { ProgressBar } from "../shared/progress-bar.tsx";
import { backendInWords, layersInWords, phaseInWords, sentence } from "../state/words.ts";
import { secondsLeft } from "../state/time-left.ts";
import { texts } from "../texts/index.ts";
import { ChatWhenFetched } from "./chat-when-fetched.tsx";
import { EndOfVisit } from "./end-of-visit.tsx";

export interface DonorStatusProps {
  readonly session: DonorSession;
  readonly rejoin: () => Promise<void>;
}

export function DonorStatus({ session, rejoin }: DonorStatusProps) {
  const state = session.state.value;
  const room = session.room.value;
  const { donor } = texts;
  if (state.kind === "left") return <EndOfVisit why={state.why} rejoin={rejoin} />;
  const { questions } = session;
  const canAsk = state.kind === "serving" && questions.rule.value !== null;
  const hasChat = canAsk || questions.turns.value.length > 0 || questions.draft.value !== "";
  return (
    <>
      <section class="card">
        <div class="now" role="status" aria-atomic="false">
          <State state={state} isUnreached={session.isUnreached.value} />
        </div>
        <p class="hint">{texts.guests.calledHere(session.name.value)}</p>
        {session.isUnreached.value && <LinkCauses title={texts.linkTrouble.donorTitle} hasRelay={session.hasRelay} />}
        {room.kind === "reconnecting" && (
          <Notice tone="info" title={texts.room.serverGone} text={donor.serverGoneHint} />
        )}
        {room.kind === "refused" && (
          <Notice tone="bad" title={donor.serverRefused} text={`${sentence(room.message)} ${donor.reload}`} />
        )}
        {!hasChat && state.kind !== "asking" && <p class="hint">{texts.asking.soon}</p>}
        <SuspicionNotices session={session} />
        <button type="button" onClick={() => void session.leave()}>
          {donor.leave}
        </button>
        <KeptModels note={session.storage.value} />
      </section>
      {hasChat && <ChatWhenFetched questions={questions} state={state} />}
    </>
  );
}

interface StateProps {
  readonly state: Exclude<DonorState, { kind: "left" }>;
  /** Why is said beside it. */
  readonly isUnreached: boolean;
}

function State({ state, isUnreached }: StateProps) {
  const { donor } = texts;
  switch (state.kind) {
    case "asking":
      return (
        <>
          <h2>{texts.guests.waitingTitle}</h2>
          <p>{texts.guests.waitingHint}</p>
        </>
      );
    case "waiting":
      return (
        <>
          <h2>{state.hasHost && !isUnreached ? donor.inRoom : donor.noHost}</h2>
          {!isUnreached && <p>{state.message}</p>}
        </>
      );
    case "loading":
      return <Loading key={state.phase} state={state} />;
    case "ready":
      return (
        <>
          <Share layers={state.layers} />
          <p>{donor.readyHint}</p>
        </>
      );
    case "serving":
      return (
        <>
          <Share layers={state.layers} />
          <p>{donor.serving(backendInWords(state.backend))}</p>
          {state.scores && <p>{donor.scores}</p>}
          {/* Not told anew every second, over what is read of an answer. */}
          <p class="count" aria-live="off">
            <strong>{state.tokens}</strong> {donor.tokens}
          </p>
        </>
      );
    case "failed": {
      const { title, next } = texts.donorTrouble[state.reason];
      return (
        <Notice tone="bad" title={title} text={next}>
          <p class="said">{sentence(state.message)}</p>
        </Notice>
      );
    }
    default:
      return state satisfies never;
  }
}

/** One phase of it, so that the pace is its own. */
function Loading({ state }: { readonly state: Extract<DonorState, { kind: "loading" }> }) {
  const { phase, layers, loadedBytes, totalBytes, usualBytesPerMs } = state;
  const now = { bytes: loadedBytes, atMs: performance.now() };
  const start = useRef(now);
  const seconds = secondsLeft(start.current, now, totalBytes, usualBytesPerMs);
  const { donor } = texts;
  const facts =
    phase === "fetching"
      ? [donor.loaded(loadedBytes, totalBytes), ...(seconds === null || seconds < 1 ? [] : [donor.timeLeft(seconds)])]
      : [];
  return (
    <>
      <Share layers={layers} />
      <p>
        {phaseInWords(phase)}
        <span aria-live="off">{facts.map((fact) => ` · ${fact}`).join("")}</span>
      </p>
      <ProgressBar label={phaseInWords(phase)} value={loadedBytes} max={totalBytes} />
    </>
  );
}

function Share({ layers }: { readonly layers: Extract<DonorState, { kind: "ready" }>["layers"] }) {
  return (
    <>
      <h2>{layersInWords(layers, layers.of)}</h2>
      <LayerStrip places={[{ layers }]} of={layers.of} />
    </>
  );
}
