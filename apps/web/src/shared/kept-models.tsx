/** What this browser keeps of models, with a way to be rid of it. */
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { deleteKept, keptModels, type KeptModel } from "../browser/kept-weights.ts";
import { texts } from "../texts/index.ts";

export function KeptModels({ note }: { readonly note: string | null }) {
  const kept = useMemo(() => signal<readonly KeptModel[] | null>(null), []);
  const refresh = async () => (kept.value = await keptModels());
  const remove = async (model: KeptModel) => {
    await deleteKept(model).catch(() => undefined); // What cannot be deleted is still listed.
    await refresh();
  };
  const { room } = texts;
  return (
    <>
      {note !== null && (
        <p class="hint" role="status">
          {note}
        </p>
      )}
      <details onToggle={(event) => event.currentTarget.open && void refresh()}>
        <summary>{room.kept}</summary>
        {kept.value?.length === 0 && <p class="hint">{room.nothingKept}</p>}
        <ul class="devices" aria-label={room.kept}>
          {kept.value?.map((model) => (
            <li key={model.name} class="device">
              <span>
                {model.name}, <span class="fact">{texts.units.bytes(model.sizeBytes)}</span>
              </span>
              <button
                type="button"
                class="quiet"
                aria-label={room.deleteOf(model.name)}
                onClick={() => void remove(model)}
              >
                {room.delete}
              </button>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}
