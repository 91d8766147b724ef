/** Which model the ring runs: the catalogue, with what each needs and whether the devices that are here can hold it; files and addresses. */
import { signal, useSignalEffect } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { Facts } from "../shared/facts.tsx";
import { fitInShort, fitInWords } from "../state/fit.ts";
import { modelFacts, whatIsTrusted, type Offer } from "../state/offers.ts";
import { texts } from "../texts/index.ts";
import { AddModel } from "./add-model.tsx";
import type { HostStore } from "./host-store.ts";

export function ModelPicker({ store }: { readonly store: HostStore }) {
  const { model } = store;
  const fit = model === undefined ? null : store.fitOf(model);
  const isOpen = useMemo(() => signal(false), []);
  const { adding } = store.models;
  // A file may be dropped while this is folded: what became of it is said inside.
  useSignalEffect(() => {
    if (adding.value.kind !== "none") isOpen.value = true;
  });
  return (
    <>
      <details class="models" open={isOpen.value} onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
        <summary>
          {texts.models.model} <strong>{model?.title}</strong>,{" "}
          <span class="fact">{texts.units.bytes(model?.sizeBytes ?? 0)}</span>
        </summary>
        <ul aria-label={texts.models.list}>
          {store.models.offers.value.map((offer) => (
            <ModelItem key={offer.id} store={store} offer={offer} />
          ))}
        </ul>
        <AddModel models={store.models} />
      </details>
      {fit !== null && (
        <p class={`hint fit ${fit.kind}`} role="status">
          {fitInWords(fit)}
        </p>
      )}
    </>
  );
}

function ModelItem({ store, offer }: { readonly store: HostStore; readonly offer: Offer }) {
  const fit = store.fitOf(offer);
  const trusted = whatIsTrusted(offer);
  return (
    <li>
      <label class="device">
        <span>
          <input
            type="radio"
            name="model"
            checked={store.settings.value.modelId === offer.id}
            onChange={() => store.choose(offer)}
          />
          <strong>{offer.title}</strong>
        </span>
        {fit !== null && <span class={`state fit ${fit.kind}`}>{fitInShort(fit)}</span>}
      </label>
      {offer.goodAt !== null && <p class="hint">{offer.goodAt}</p>}
      <p class="hint">
        <Facts of={[...modelFacts(offer), ...(fit?.kind === "fits" ? [speedInWords(store, offer)] : [])]} />
      </p>
      {trusted !== null && <p class="hint">{trusted}</p>}
    </li>
  );
}

function speedInWords(store: HostStore, offer: Offer): string {
  const perSecond = store.speedOf(offer);
  return perSecond === null ? texts.models.notMeasured : texts.models.speed(perSecond);
}
