/** What this browser keeps of models, with a way to be rid of it. */
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { deleteKept, keptModels, type KeptModel } from "../browser/kept-weights.ts";
import { bytesInWords } from "../state/words.ts";

export function KeptModels({ note }: { readonly note: string | null }) {
  const kept = useMemo(() => signal<readonly KeptModel[] | null>(null), []);
  const refresh = async () => (kept.value = await keptModels());
  const remove = async (model: KeptModel) => {
    await deleteKept(model).catch(() => undefined); // What cannot be deleted is still listed.
    await refresh();
  };
  return (
    <details onToggle={(event) => event.currentTarget.open && void refresh()}>
      <summary>Kept on this device</summary>
      {note !== null && <p class="hint">{note}</p>}
      {kept.value?.length === 0 && <p class="hint">No weights are kept: each start fetches them.</p>}
      <ul class="devices" aria-label="Kept on this device">
        {kept.value?.map((model) => (
          <li key={model.name} class="device">
            <span>
              {model.name}, {bytesInWords(model.sizeBytes)}
            </span>
            <button type="button" aria-label={`Delete ${model.name}`} onClick={() => void remove(model)}>
              Delete
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
