/** The conversation: questions, answers as they come, and the field for the next one. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { openTurn, type AnswerState, type Figures, type Turn } from "../state/chat.ts";
import { rateInWords, secondsInWords } from "../state/words.ts";
import type { HostStore } from "./host-store.ts";
import { Markdown } from "./markdown.tsx";

export function Chat({ store }: { readonly store: HostStore }) {
  const { turns } = store.conversation.value;
  const open = openTurn(store.conversation.value);
  return (
    <main class="chat" aria-label="Conversation">
      <Log turns={turns} isBusy={open !== null} />
      <Composer store={store} isAnswering={open !== null} canClear={turns.length > 0} />
    </main>
  );
}

function Log({ turns, isBusy }: { readonly turns: readonly Turn[]; readonly isBusy: boolean }) {
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
        <article key={turn.id}>
          <p class="question">{turn.question}</p>
          <div class="answer">
            {turn.state.kind === "waiting" ? (
              <p class="thinking">Reading the question…</p>
            ) : (
              <Markdown text={turn.answer} />
            )}
            <Ending state={turn.state} />
          </div>
        </article>
      ))}
    </div>
  );
}

function Ending({ state }: { readonly state: AnswerState }) {
  switch (state.kind) {
    case "waiting":
    case "streaming":
      return null;
    case "complete":
      return <p class="figures">{figuresInWords(state.figures)}</p>;
    case "length":
      return (
        <p class="figures">Cut at the longest answer, or the end of the context · {figuresInWords(state.figures)}</p>
      );
    case "stopped":
      return <p class="figures">Stopped · {figuresInWords(state.figures)}</p>;
    case "failed":
      return (
        <p class="bad" role="alert">
          The answer ends here: {state.message}
        </p>
      );
    default:
      return state satisfies never;
  }
}

function figuresInWords({ tokens, timeToFirstTokenMs, tokensPerSecond }: Figures): string {
  const rate = tokensPerSecond === null ? [] : [`${rateInWords(tokensPerSecond)} tokens/s`];
  return [
    `${tokens} ${tokens === 1 ? "token" : "tokens"}`,
    `first after ${secondsInWords(timeToFirstTokenMs)}`,
    ...rate,
  ].join(" · ");
}

interface ComposerProps {
  readonly store: HostStore;
  readonly isAnswering: boolean;
  readonly canClear: boolean;
}

function Composer({ store, isAnswering, canClear }: ComposerProps) {
  const text = useMemo(() => signal(""), []);
  const reason = store.whyNotAsk.value;
  const canSend = reason === null && !isAnswering && text.value.trim() !== "";
  const send = () => {
    if (!canSend) return;
    store.ask(text.value.trim());
    text.value = "";
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        aria-label="Message"
        aria-describedby="why-not-ask"
        rows={2}
        placeholder="Ask the ring…"
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          // Enter that ends a composed character (Chinese, Japanese, …) does not send.
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <div class="actions">
        {canClear && (
          <button type="button" onClick={() => store.newConversation()}>
            New conversation
          </button>
        )}
        <span id="why-not-ask" class="hint">
          {reason}
        </span>
        {isAnswering ? (
          <button class="primary" type="button" onClick={() => store.stop()}>
            Stop
          </button>
        ) : (
          <button class="primary" type="submit" disabled={!canSend}>
            Send
          </button>
        )}
      </div>
    </form>
  );
}
