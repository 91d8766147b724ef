/** The ring to look at, beside the chat or, for a projector, over the whole window. */
import { signal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { texts } from "../texts/index.ts";
import { AnswerPlot } from "./answer-plot.tsx";
import { AtDoor } from "./at-door.tsx";
import type { HostStore } from "./host-store.ts";
import { SHORTEST_LAP_MS } from "./lap-dots.tsx";
import { RingPicture } from "./ring-picture.tsx";

export function RingView({ store }: { readonly store: HostStore }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isLarge = useMemo(() => signal(false), []);
  const { picture } = texts.room;
  return (
    <>
      <div class="card-head">
        <h2>{texts.room.ring}</h2>
        <button
          class="quiet small"
          type="button"
          onClick={() => {
            isLarge.value = true;
            dialog.current?.showModal();
          }}
        >
          {picture.large}
        </button>
      </div>
      <Look store={store} />
      <dialog ref={dialog} class="large-ring" aria-label={texts.room.ring} onClose={() => (isLarge.value = false)}>
        {isLarge.value && (
          <>
            {/* Nothing outside of a dialog can be pressed. */}
            <AtDoor session={store.session} />
            <Look store={store} />
          </>
        )}
        <button class="quiet" type="button" onClick={() => dialog.current?.close()}>
          {picture.small}
        </button>
      </dialog>
    </>
  );
}

function Look({ store }: { readonly store: HostStore }) {
  const pulse = store.pulse.value;
  const lapMs = pulse.answer.at(-1)?.lapMs ?? 0;
  const times = Math.round(SHORTEST_LAP_MS / lapMs);
  return (
    <div class="look">
      <RingPicture store={store} />
      <div>
        <AnswerPlot laps={pulse.answer} />
        {lapMs > 0 && times > 1 && <p class="hint axis">{texts.room.picture.slowed(times)}</p>}
      </div>
    </div>
  );
}
