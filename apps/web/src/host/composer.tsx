/** The field for the next question. */
import { signal, useSignalEffect, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { keepQuestion, keptQuestion } from "../browser/kept-choices.ts";
import { isFocusNowhere } from "../shared/focus.ts";
import { contextTokens } from "../state/chat.ts";
import { isTooLong, type PromptLength } from "../state/prompt-length.ts";
import { texts } from "../texts/index.ts";
import type { HostStore } from "./host-store.ts";

/** Since the last key: a prompt that may be too long is not counted at each. */
const COUNT_AFTER_MS = 300;

interface ComposerProps {
  readonly store: HostStore;
  readonly isAnswering: boolean;
}

export function Composer({ store, isAnswering }: ComposerProps) {
  const text = useMemo(() => signal(keptQuestion()), []);
  const field = useRef<HTMLTextAreaElement>(null);
  useSignalEffect(() => keepQuestion(text.value));
  const length = usePromptLength(store, text);
  const isReady = store.ring.value.kind === "ready";
  // The buttons that start the ring and ask again are gone when they did, and the focus with them. A touch would raise the keyboard.
  useEffect(() => {
    if (isReady && isFocusNowhere() && matchMedia("(pointer: fine)").matches)
      field.current?.focus({ preventScroll: true });
  }, [isReady, isAnswering]);
  const reason = store.whyNotAsk.value;
  const canSend = store.ring.value.kind !== "starting" && !isAnswering && text.value.trim() !== "";
  const send = async () => {
    if (!canSend) return;
    const asked = text.value;
    // What is typed while the ring starts stays.
    if ((await store.ask(asked.trim())) && text.value === asked) text.value = "";
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        ref={field}
        aria-label={texts.chat.message}
        aria-describedby="too-long why-not-ask"
        rows={2}
        placeholder={texts.chat.placeholder}
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          // Enter that ends a composed character (Chinese, Japanese, …) does not send.
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          void send();
        }}
      />
      <p id="too-long" class="hint bad" role="status">
        {tooLongInWords(store, length)}
      </p>
      <div class="actions">
        <span id="why-not-ask" class="hint">
          {reason ?? contextInWords(store)}
        </span>
        {isAnswering ? (
          <button
            class="primary"
            type="button"
            onClick={(event) => {
              // The second click of a double one on Send lands here.
              if (event.detail !== 2) store.chat.stop();
            }}
          >
            {texts.chat.stop}
          </button>
        ) : (
          <button class="primary" type="submit" disabled={!canSend}>
            {texts.chat.send}
          </button>
        )}
      </div>
    </form>
  );
}

/** Counted by the model's own tokenizer where a ring runs; null: not too long, or not known yet. */
function usePromptLength(store: HostStore, text: ReadonlySignal<string>): PromptLength | null {
  const length = useMemo(() => signal<PromptLength | null>(null), []);
  useSignalEffect(() => {
    const { question } = countedOf(store, text);
    let isNewest = true;
    const count = async () => {
      // An engine that ends meanwhile counts nothing.
      const counted = question.trim() === "" ? null : await store.promptLength(question).catch(() => null);
      if (isNewest) length.value = counted;
    };
    const timer = setTimeout(() => void count(), COUNT_AFTER_MS);
    return () => {
      isNewest = false;
      clearTimeout(timer);
    };
  });
  return length.value;
}

/** What a count is of: it is made anew when any of it changes. Read before the wait, as an effect does not see what is read after it. */
function countedOf({ chat, ring, settings }: HostStore, text: ReadonlySignal<string>) {
  return { question: text.value, conversation: chat.current.value, ring: ring.value, settings: settings.value };
}

function tooLongInWords(store: HostStore, length: PromptLength | null): string | null {
  const { capacityNow } = store;
  if (length === null || !isTooLong(length, capacityNow)) return null;
  return texts.chat.tooLong(length, capacityNow, store.chat.current.value.turns.length > 0);
}

/** Said before the context is full: from then on answers end early, and longer questions cannot be asked. */
function contextInWords(store: HostStore): string | null {
  const used = contextTokens(store.chat.current.value);
  const { capacity } = store;
  if (used < 0.75 * capacity) return null;
  return texts.chat.contextFills(used, capacity);
}
