/** A smaller model of this device's own that guesses for the ring's, where the catalogue has one. */
import { draftBytes } from "../session/place-layers.ts";
import { texts } from "../texts/index.ts";
import type { HostStore } from "./host-store.ts";

export function DraftChoice({ store }: { readonly store: HostStore }) {
  const offer = store.draftOffer;
  if (offer === null) return null;
  const { guessing } = texts;
  const isChosen = store.settings.value.guessesWithModel;
  const fits = isChosen || store.draftFits;
  const state = store.session.draft.state.value;
  return (
    <>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={isChosen}
          disabled={!fits}
          onChange={(event) => store.setGuessesWithModel(event.currentTarget.checked)}
        />
        {guessing.withModel(offer.title)}
      </label>
      <p class="hint">
        {guessing.hint(offer.sizeBytes, offer.form === null ? null : draftBytes(offer.form, store.capacity))}
      </p>
      <p class="hint" role="status">
        {!fits && guessing.tooLarge}
        {isChosen && state.kind === "loading" && guessing.loading}
        {isChosen && state.kind === "ready" && guessing.ready}
        {isChosen && state.kind === "failed" && guessing.failed(state.message)}
      </p>
    </>
  );
}
