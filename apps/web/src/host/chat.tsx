/** The conversation: questions, answers as they come, and the field for the next one. */
import { useEffect, useRef } from "preact/hooks";
import { openTurn } from "../state/chat.ts";
import { texts } from "../texts/index.ts";
import { Announcer } from "../shared/announcer.tsx";
import { ChatHeader } from "./chat-header.tsx";
import { Composer } from "./composer.tsx";
import type { HostStore } from "./host-store.ts";
import { TurnView } from "./turn-view.tsx";

export function Chat({ store }: { readonly store: HostStore }) {
  const current = store.chat.current.value;
  const isAnswering = openTurn(current) !== null;
  const last = current.turns.at(-1);
  return (
    <main class="chat" aria-label={texts.chat.conversation}>
      <ChatHeader store={store} />
      <Log store={store} isBusy={isAnswering} />
      {/* Why an answer failed is an alert of its own. */}
      <Announcer key={current.id} turn={last?.state.kind === "failed" ? undefined : last} />
      <Composer store={store} isAnswering={isAnswering} />
    </main>
  );
}

function Log({ store, isBusy }: { readonly store: HostStore; readonly isBusy: boolean }) {
  const { id, turns } = store.chat.current.value;
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const shown = useRef("");
  // Follows the text unless the reader has scrolled up since the question was asked.
  const newest = `${id} ${isBusy ? turns.at(-1)?.id : ""}`;
  useEffect(() => {
    if (shown.current !== newest && (isBusy || !shown.current.startsWith(id))) isAtEnd.current = true;
    shown.current = newest;
    if (isAtEnd.current) log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [turns, newest]);
  const onScroll = () => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = log.current ?? {};
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 40;
  };
  const canAsk = !isBusy && store.ring.value.kind !== "starting";
  return (
    // Not live: `Announcer` tells what is new, at a pace that can be followed.
    <div
      class="log"
      role="log"
      aria-live="off"
      aria-busy={isBusy}
      ref={log}
      onScroll={onScroll}
      tabIndex={0}
      aria-label={texts.chat.messages}
    >
      {turns.length === 0 && (
        <div class="empty">
          <p class="title">{texts.chat.emptyTitle}</p>
          <p>{texts.chat.empty}</p>
        </div>
      )}
      {turns.map((turn) => (
        <TurnView key={turn.id} turn={turn} store={store} isBusy={isBusy} canAsk={canAsk} />
      ))}
    </div>
  );
}
