/** How much text the ring can hold, which is memory on every device: the context of a conversation, and how many are kept at once. */
import { texts } from "../texts/index.ts";
import type { HostStore, Settings } from "./host-store.ts";

const STEP_TOKENS = 512;
const STEP_BYTES = 256 * 2 ** 20;
const MAX_ARENAS = 8;

export function CapacitySettings({ store }: { readonly store: HostStore }) {
  const { arenas, memoryBytes } = store.settings.value;
  const change = (settings: Partial<Settings>) => (store.settings.value = { ...store.settings.value, ...settings });
  const longest = store.model?.contextLength ?? STEP_TOKENS;
  const { capacity } = store;
  const { models } = texts;
  return (
    <>
      <label class="field">
        {models.context(capacity)}
        <input
          type="range"
          min={Math.min(STEP_TOKENS, longest)}
          max={longest}
          step={STEP_TOKENS}
          value={capacity}
          aria-valuetext={models.tokens(capacity)}
          onInput={(event) => change({ contextTokens: event.currentTarget.valueAsNumber })}
        />
      </label>
      <label class="field">
        {models.arenas(arenas)}
        <input
          type="range"
          min={1}
          max={MAX_ARENAS}
          value={arenas}
          onInput={(event) => change({ arenas: event.currentTarget.valueAsNumber })}
        />
        <span class="hint">{models.arenasHint}</span>
      </label>
      <label class="field">
        {models.memory(memoryBytes)}
        <input
          type="range"
          min={STEP_BYTES}
          max={Math.max(16 * 2 ** 30, memoryBytes)}
          step={STEP_BYTES}
          value={memoryBytes}
          aria-valuetext={texts.units.bytes(memoryBytes)}
          onInput={(event) => change({ memoryBytes: event.currentTarget.valueAsNumber })}
        />
        <span class="hint">{models.memoryHint}</span>
      </label>
    </>
  );
}
