/** The ring to look at, beside the chat or, for a projector, over the whole window. */
import { texts } from "../texts/index.ts";
import { AnswerPlot } from "./answer-plot.tsx";
import type { HostStore } from "./host-store.ts";
import { SHORTEST_LAP_MS } from "./lap-dots.tsx";
import { LargeView, useLarge } from "./large-view.tsx";
import { RingPicture } from "./ring-picture.tsx";

export function RingView({ store }: { readonly store: HostStore }) {
  const large = useLarge();
  const { ring, picture } = texts.room;
  return (
    <>
      <div class="card-head">
        <h2>{ring}</h2>
        <button class="quiet small" type="button" onClick={large.show}>
          {picture.large}
        </button>
      </div>
      <Look store={store} />
      <LargeView large={large} name="large-ring" label={ring} session={store.session}>
        <Look store={store} />
      </LargeView>
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
