/** The conversation: questions, answers as they come, and the field for the next one. */
import { openTurn, type Turn } from "../state/chat.ts";
import { texts } from "../texts/index.ts";
import { Announcer } from "../shared/announcer.tsx";
import { MessageLog } from "../shared/message-log.tsx";
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
      <Announcer key={current.id} turn={last?.state.kind === "failed" ? undefined : last} ended={endInWords(last)} />
      <Composer store={store} isAnswering={isAnswering} />
    </main>
  );
}

function Log({ store, isBusy }: { readonly store: HostStore; readonly isBusy: boolean }) {
  const { id, turns } = store.chat.current.value;
  const newest = `${id} ${isBusy ? turns.at(-1)?.id : ""}`;
  // The end of an answer moves nothing; another question or another conversation does.
  const isJump = (before: string) => isBusy || !before.startsWith(id);
  const canAsk = !isBusy && store.ring.value.kind !== "starting";
  return (
    <MessageLog name="log" label={texts.chat.messages} isBusy={isBusy} content={turns} newest={newest} isJump={isJump}>
      {turns.length === 0 && (
        <div class="empty">
          <p class="title">{texts.chat.emptyTitle}</p>
          <p>{texts.chat.empty}</p>
        </div>
      )}
      {turns.map((turn) => (
        <TurnView
          key={turn.id}
          turn={turn}
          store={store}
          isLast={turn === turns.at(-1)}
          isBusy={isBusy}
          canAsk={canAsk}
        />
      ))}
    </MessageLog>
  );
}

/** As it stands below the answer. */
function endInWords(turn: Turn | undefined): string {
  const { chat } = texts;
  const isBlank = turn?.answer.trim() === "";
  switch (turn?.state.kind) {
    case "stopped":
      return isBlank ? chat.stoppedAtOnce : chat.stopped;
    case "length":
      return chat.cut;
    default:
      return isBlank ? chat.wordless : chat.answered;
  }
}
