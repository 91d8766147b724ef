/** The conversation: questions, answers as they come, and the field for the next one. */
import { useEffect, useRef } from "preact/hooks";
import { openTurn } from "../state/chat.ts";
import { ChatHeader } from "./chat-header.tsx";
import { Composer } from "./composer.tsx";
import type { HostStore } from "./host-store.ts";
import { TurnView } from "./turn-view.tsx";

export function Chat({ store }: { readonly store: HostStore }) {
  const isAnswering = openTurn(store.chat.current.value) !== null;
  return (
    <main class="chat" aria-label="Conversation">
      <ChatHeader store={store} />
      <Log store={store} isBusy={isAnswering} />
      <Composer store={store} isAnswering={isAnswering} />
    </main>
  );
}

function Log({ store, isBusy }: { readonly store: HostStore; readonly isBusy: boolean }) {
  const { turns } = store.chat.current.value;
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  // Follows the text unless the reader has scrolled up.
  useEffect(() => {
    if (isAtEnd.current) log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [turns]);
  const onScroll = () => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = log.current ?? {};
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 40;
  };
  const canAsk = !isBusy && store.whyNotAsk.value === null;
  return (
    // Busy while text streams in: screen readers then wait and read whole answers.
    <div class="log" role="log" aria-busy={isBusy} ref={log} onScroll={onScroll} tabIndex={0} aria-label="Messages">
      {turns.length === 0 && (
        <div class="empty">
          <p>
            Ask something when the ring is ready. The devices of this room write the answer together; it never leaves
            them.
          </p>
        </div>
      )}
      {turns.map((turn) => (
        <TurnView key={turn.id} turn={turn} store={store} canAsk={canAsk} />
      ))}
    </div>
  );
}
