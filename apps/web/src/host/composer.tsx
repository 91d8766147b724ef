/** The field for the next question. */
import { signal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { keepQuestion, keptQuestion } from "../browser/kept-choices.ts";
import { contextTokens } from "../state/chat.ts";
import { texts } from "../texts/index.ts";
import type { HostStore } from "./host-store.ts";

interface ComposerProps {
  readonly store: HostStore;
  readonly isAnswering: boolean;
}

export function Composer({ store, isAnswering }: ComposerProps) {
  const text = useMemo(() => signal(keptQuestion()), []);
  const field = useRef<HTMLTextAreaElement>(null);
  useSignalEffect(() => keepQuestion(text.value));
  const isReady = store.ring.value.kind === "ready";
  // The buttons that start the ring and ask again are gone when they did, and the focus with them. A touch would raise the keyboard.
  useEffect(() => {
    const isNowhere = document.activeElement === null || document.activeElement === document.body;
    if (isReady && isNowhere && matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true });
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
        aria-describedby="why-not-ask"
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

/** Said before the context is full: from then on answers end early, and longer questions cannot be asked. */
function contextInWords(store: HostStore): string | null {
  const used = contextTokens(store.chat.current.value);
  const { capacity } = store;
  if (used < 0.75 * capacity) return null;
  return texts.chat.contextFills(used, capacity);
}
