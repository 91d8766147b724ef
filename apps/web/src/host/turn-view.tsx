/** One question with its answer: how it went, and how to ask it anew. */
import { signal } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { AnswerState, Figures, Turn } from "../state/chat.ts";
import { texts } from "../texts/index.ts";
import { Circles, OUT_OF_CIRCLES } from "./circles.tsx";
import type { HostStore } from "./host-store.ts";
import { Markdown } from "../shared/markdown.tsx";

export interface TurnViewProps {
  readonly turn: Turn;
  readonly store: HostStore;
  /** Nothing would be lost if it were asked again. */
  readonly isLast: boolean;
  /** An answer of this conversation is being written. */
  readonly isBusy: boolean;
  /** It is not, and no ring is starting: where there is none, asking starts one. */
  readonly canAsk: boolean;
}

export function TurnView({ turn, store, isLast, isBusy, canAsk }: TurnViewProps) {
  /** The question as it is being edited; null: it is not. */
  const edited = useMemo(() => signal<string | null>(null), []);
  const isEdited = edited.value !== null;
  const wasEdited = useRef(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const editButton = useRef<HTMLButtonElement>(null);
  // Into the field, and back to where it was opened: with the field, not after it is painted, or who types at once would find the caret moved.
  useLayoutEffect(() => {
    if (isEdited) {
      field.current?.focus();
      field.current?.setSelectionRange(field.current.value.length, field.current.value.length);
    } else if (wasEdited.current) editButton.current?.focus();
    wasEdited.current = isEdited;
  }, [isEdited]);
  const { chat } = texts;
  const { settings } = store.chat.current.value;
  const isWritten = turn.state.kind === "waiting" || turn.state.kind === "streaming";
  return (
    <article>
      {edited.value === null ? (
        <p class="question">{turn.question}</p>
      ) : (
        <form
          class="composer"
          onKeyDown={(event) => {
            // Escape also ends the composing of a character.
            if (event.key === "Escape" && !event.isComposing) edited.value = null;
          }}
          onSubmit={(event) => {
            event.preventDefault();
            const question = edited.value?.trim() ?? "";
            if (question === "" || !canAsk) return;
            void store.askInstead(turn.id, question).then((isAsked) => {
              // What was not asked stays in the field.
              if (isAsked) edited.value = null;
            });
          }}
        >
          <textarea
            ref={field}
            aria-label={chat.edited}
            rows={3}
            value={edited.value}
            onInput={(event) => (edited.value = event.currentTarget.value)}
          />
          <div class="actions">
            <span class="hint">{chat.editedHint}</span>
            <button type="button" onClick={() => (edited.value = null)}>
              {chat.keepAsItWas}
            </button>
            <button
              class="primary"
              type="submit"
              aria-describedby="why-not-ask"
              disabled={!canAsk || edited.value.trim() === ""}
            >
              {chat.askInstead}
            </button>
          </div>
        </form>
      )}
      <div class="answer">
        {turn.state.kind === "waiting" ? <p class="thinking">{chat.reading}</p> : <Markdown text={turn.answer} />}
        <Ending state={turn.state} isBlank={turn.answer.trim() === ""} />
        {turn.temperature !== undefined && !isWritten && <p class="set-aside">{chat.writtenWith(turn.temperature)}</p>}
        <Circles
          answer={turn.answer}
          isWritten={isWritten}
          isGreedy={(turn.temperature ?? settings.temperature) === 0}
          askAgain={
            isLast && (canAsk || isWritten) && edited.value === null
              ? () => void store.askAgainWith(OUT_OF_CIRCLES, turn.id)
              : null
          }
        />
        {!isBusy && edited.value === null && (
          <div class="again">
            <button type="button" ref={editButton} onClick={() => (edited.value = turn.question)}>
              {chat.edit}
            </button>
            {isLast && (
              <button
                type="button"
                aria-describedby="why-not-ask"
                disabled={!canAsk}
                onClick={() => void store.askAgain(turn.id)}
              >
                {chat.askAgain}
              </button>
            )}
          </div>
        )}
      </div>
    </article>
  );
}

interface EndingProps {
  readonly state: AnswerState;
  readonly isBlank: boolean;
}

/** How it ended; nothing while it is written. */
export function Ending({ state, isBlank }: EndingProps) {
  const { chat } = texts;
  switch (state.kind) {
    case "waiting":
    case "streaming":
      return null;
    case "complete":
      return <Numbers before={isBlank ? [chat.wordless] : []} figures={state.figures} />;
    case "length":
      return <Numbers before={[chat.cut]} figures={state.figures} />;
    case "stopped":
      // Of one that was cut off here, before the engine said so, no figures are known.
      if (state.figures.tokens === 0) return <p class="figures">{isBlank ? chat.stoppedAtOnce : chat.stopped}</p>;
      return <Numbers before={[chat.stopped]} figures={state.figures} />;
    case "failed":
      return (
        <p class="bad" role="alert">
          {chat.answerEnds(state.message)}
        </p>
      );
    default:
      return state satisfies never;
  }
}

interface NumbersProps {
  readonly before: readonly string[];
  readonly figures: Figures;
}

/** In one line, and what was tried before the answer in another. */
function Numbers({ before, figures }: NumbersProps) {
  const { setAside } = figures;
  return (
    <>
      <p class="figures">{[...before, figuresInWords(figures)].join(" · ")}</p>
      {setAside !== undefined && <p class="set-aside">{texts.chat.setAside[setAside.why](setAside.ms)}</p>}
    </>
  );
}

function figuresInWords(figures: Figures): string {
  const { tokens, timeToFirstTokenMs, tokensPerSecond, guessing, promptTokens, reusedTokens } = figures;
  const { chat } = texts;
  return [
    chat.figures(tokens, timeToFirstTokenMs),
    ...(tokensPerSecond === null ? [] : [chat.tokensPerSecond(tokensPerSecond)]),
    ...(guessing === undefined ? [] : [chat.guessing(guessing.tokensPerLap, guessing.heldShare)]),
    // Kept conversations of an earlier form know nothing of it.
    ...(reusedTokens !== undefined && reusedTokens > 0 ? [chat.remembered(reusedTokens, promptTokens ?? 0)] : []),
  ].join(" · ");
}
