/** What the ring is doing, and the button that puts it together. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Notice } from "../shared/notice.tsx";
import { movedInWords } from "../state/moved.ts";
import { endedByRemoval, startLabel, type RingView } from "../state/ring-view.ts";
import { sentence } from "../state/words.ts";
import { texts } from "../texts/index.ts";
import type { HostStore } from "./host-store.ts";

export function RingStatus({ store }: { readonly store: HostStore }) {
  const view = store.ring.value;
  /** A start would cut an answer: it is asked for twice. */
  const isAsking = useMemo(() => signal(false), []);
  const isAnswering = store.chat.isAnswering.value;
  // Of the answer that was being written, not of the next one.
  useEffect(() => {
    if (!isAnswering) isAsking.value = false;
  }, [isAnswering]);
  const startButton = useRef<HTMLButtonElement>(null);
  const isRemoved = endedByRemoval(view);
  // The button that removed the device went with its card; the next step may stand far above it.
  useEffect(() => {
    if (isRemoved) startButton.current?.focus();
  }, [isRemoved]);
  const { room } = texts;
  if (view.kind === "starting") {
    return (
      <div class="actions">
        <p role="status">{view.message}</p>
        <button type="button" onClick={() => void store.giveUpStart()}>
          {room.cancel}
        </button>
      </div>
    );
  }
  const start = () => {
    isAsking.value = false;
    void store.start();
  };
  if (isAsking.value && isAnswering) {
    return (
      <Notice tone="info" text={room.cutsAnswer}>
        <button type="button" onClick={start}>
          {room.startAnyway}
        </button>
        <button class="primary" type="button" onClick={() => (isAsking.value = false)}>
          {room.keepWriting}
        </button>
      </Notice>
    );
  }
  const model = store.model;
  const fit = model === undefined ? null : store.fitOf(model);
  // What cannot succeed is not worth the ring that runs; the line above says why.
  const isInVain = view.kind === "ready" && fit?.kind === "too-little";
  return (
    <>
      <Ending view={view} store={store} />
      {view.kind === "ready" && (
        <p role="status">
          {room.ready(view.ring.model.title, view.ring.checkpoint.shape.L)}{" "}
          {movedInWords(view.ring.shifts, store.session.devices.value)}
        </p>
      )}
      {view.kind === "ready" && store.keptForServer.value && <Notice tone="info" text={room.needsServer} />}
      {store.tooSmall.value.length > 0 && <p class="hint">{room.tooSmall(store.tooSmall.value)}</p>}
      <button
        ref={startButton}
        class={view.kind === "ready" ? "quiet" : "primary"}
        type="button"
        disabled={isInVain}
        onClick={() => {
          if (isAnswering) isAsking.value = true;
          else start();
        }}
      >
        {startLabel(view, store.chosen.value)}
      </button>
    </>
  );
}

function Ending({ view, store }: { readonly view: RingView; readonly store: HostStore }) {
  const { room, ringTrouble } = texts;
  if (view.kind === "cancelled") return <p role="status">{room.givenUp}</p>;
  if (view.kind !== "lost" && view.kind !== "not-started") return null;
  const { title, next } = ringTrouble[view.reason];
  const { dispensable } = store;
  return (
    <Notice
      tone={view.reason === "removed" ? "info" : "bad"}
      title={view.kind === "lost" ? room.ended : room.notStarted}
      text={title}
    >
      <p class="said">{sentence(view.message)}</p>
      <p>{next}</p>
      {dispensable.length > 0 && (
        <button type="button" onClick={() => void store.startWithout(dispensable)}>
          {room.startWithout(dispensable.map(({ name }) => name))}
        </button>
      )}
    </Notice>
  );
}
