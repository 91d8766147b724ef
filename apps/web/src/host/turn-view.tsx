/** One question with its answer: how it went, and how to ask it anew. */
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { AnswerState, Figures, Turn } from "../state/chat.ts";
import { rateInWords, secondsInWords } from "../state/words.ts";
import type { HostStore } from "./host-store.ts";
import { Markdown } from "./markdown.tsx";

export interface TurnViewProps {
  readonly turn: Turn;
  readonly store: HostStore;
  /** There is a ring, and no answer is being written. */
  readonly canAsk: boolean;
}

export function TurnView({ turn, store, canAsk }: TurnViewProps) {
  /** The question as it is being edited; null: it is not. */
  const edited = useMemo(() => signal<string | null>(null), []);
  const { maxTokens } = store.settings.value;
  return (
    <article>
      {edited.value === null ? (
        <p class="question">{turn.question}</p>
      ) : (
        <form
          class="composer"
          onSubmit={(event) => {
            event.preventDefault();
            const question = edited.value?.trim() ?? "";
            if (question === "" || !canAsk) return;
            edited.value = null;
            store.chat.askInstead(turn.id, question, maxTokens);
          }}
        >
          <textarea
            aria-label="Edited question"
            rows={3}
            value={edited.value}
            onInput={(event) => (edited.value = event.currentTarget.value)}
          />
          <div class="actions">
            <span class="hint">What followed from this question is dropped.</span>
            <button type="button" onClick={() => (edited.value = null)}>
              Keep as it was
            </button>
            <button class="primary" type="submit" disabled={!canAsk || edited.value.trim() === ""}>
              Ask this instead
            </button>
          </div>
        </form>
      )}
      <div class="answer">
        {turn.state.kind === "waiting" ? (
          <p class="thinking">Reading the question…</p>
        ) : (
          <Markdown text={turn.answer} />
        )}
        <Ending state={turn.state} />
        {canAsk && edited.value === null && (
          <div class="again">
            <button type="button" onClick={() => (edited.value = turn.question)}>
              Edit
            </button>
            <button type="button" onClick={() => store.chat.askAgain(turn.id, maxTokens)}>
              Ask again
            </button>
          </div>
        )}
      </div>
    </article>
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
