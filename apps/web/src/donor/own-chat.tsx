/** What a person asks from this device: who can read it, the questions with their answers as they come, and the field for the next one. */
import { useEffect, useRef } from "preact/hooks";
import { LIMITS } from "@jupiter/protocol/limits";
import type { DonorState } from "../session/donor-session.ts";
import type { OwnQuestions, OwnState, OwnTurn } from "../session/own-questions.ts";
import { Announcer, type AnnouncerProps } from "../shared/announcer.tsx";
import { isFocusNowhere } from "../shared/focus.ts";
import { Markdown } from "../shared/markdown.tsx";
import { MessageLog } from "../shared/message-log.tsx";
import { texts } from "../texts/index.ts";

export interface OwnChatProps {
  readonly questions: OwnQuestions;
  readonly state: DonorState;
}

export function OwnChat({ questions, state }: OwnChatProps) {
  const { asking } = texts;
  const rule = questions.rule.value;
  const turns = questions.turns.value;
  const last = turns.at(-1);
  const isWritten = questions.open.value !== null;
  return (
    <section class="card" aria-label={asking.title}>
      <h2>{asking.title}</h2>
      {state.kind === "serving" && <p class="hint">{asking.readers(state.others)}</p>}
      {rule !== null && <p class="hint">{asking.rules[rule]}</p>}
      {turns.length > 0 && (
        <MessageLog name="own-log" label={asking.messages} isBusy={isWritten} content={turns} newest={`${last?.id}`}>
          {turns.map((turn) => (
            <Own key={turn.id} turn={turn} />
          ))}
        </MessageLog>
      )}
      <Announcer {...announced(last)} />
      {questions.isForgotten.value && <p class="hint">{asking.begins}</p>}
      <Field questions={questions} canAsk={state.kind === "serving" && rule !== null && rule !== "none"} />
    </section>
  );
}

function Own({ turn: { question, answer, state } }: { readonly turn: OwnTurn }) {
  const waiting = waitingInWords(state);
  return (
    <article>
      <p class="question">{question}</p>
      <div class="answer">
        {waiting !== null && <p class="thinking">{waiting}</p>}
        {answer !== "" && <Markdown text={answer} />}
        {state.kind === "ended" && <End end={state.end} isBlank={answer.trim() === ""} />}
      </div>
    </article>
  );
}

interface EndProps {
  readonly end: Extract<OwnState, { kind: "ended" }>["end"];
  readonly isBlank: boolean;
}

function End({ end, isBlank }: EndProps) {
  const { asking, chat } = texts;
  switch (end.kind) {
    case "complete":
      return <p class="figures">{[...(isBlank ? [chat.wordless] : []), asking.complete(end.tokens)].join(" · ")}</p>;
    case "cut":
      return <p class="figures">{asking.cut(end.tokens)}</p>;
    case "stopped":
      return <p class="figures">{asking.stopped[end.by]}</p>;
    case "refused":
      return (
        <p class="bad" role="alert">
          {asking.refusals[end.why]}
        </p>
      );
    case "failed":
      return (
        <p class="bad" role="alert">
          {chat.answerEnds(end.message)}
        </p>
      );
    default:
      return end satisfies never;
  }
}

/** Characters left from which on they are counted. */
const NEAR_END = 500;

interface FieldProps {
  readonly questions: OwnQuestions;
  readonly canAsk: boolean;
}

function Field({ questions, canAsk }: FieldProps) {
  const text = questions.draft;
  const field = useRef<HTMLTextAreaElement>(null);
  const { asking } = texts;
  const isOpen = questions.open.value !== null;
  // The button that stopped an answer is gone when it ended, and the focus with it. A touch would raise the keyboard.
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && !isOpen && isFocusNowhere() && matchMedia("(pointer: fine)").matches)
      field.current?.focus({ preventScroll: true });
    wasOpen.current = isOpen;
  }, [isOpen]);
  const canSend = canAsk && !isOpen && text.value.trim() !== "";
  const send = () => {
    if (canSend && questions.ask(text.value)) text.value = "";
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
        ref={field}
        aria-label={asking.message}
        aria-describedby="question-length why-not-ask"
        rows={2}
        maxLength={LIMITS.questionChars}
        placeholder={asking.placeholder}
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          // Enter that ends a composed character (Chinese, Japanese, …) does not send.
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <p id="question-length" class="hint" role="status">
        {text.value.length > LIMITS.questionChars - NEAR_END && asking.length(text.value.length, LIMITS.questionChars)}
      </p>
      <div class="actions">
        <span id="why-not-ask" class="hint">
          {canAsk ? null : asking.again}
        </span>
        {questions.turns.value.length > 0 && !isOpen && (
          <button type="button" onClick={() => questions.startAnew()}>
            {asking.anew}
          </button>
        )}
        {isOpen ? (
          <button
            class="primary"
            type="button"
            onClick={(event) => {
              // The second click of a double one on Ask lands here.
              if (event.detail !== 2) questions.stop();
            }}
          >
            {asking.stop}
          </button>
        ) : (
          <button class="primary" type="submit" disabled={!canSend}>
            {asking.ask}
          </button>
        )}
      </div>
    </form>
  );
}

/** Before its first word; null: it does not wait. */
function waitingInWords(state: OwnState | undefined): string | null {
  const { asking, chat } = texts;
  switch (state?.kind) {
    case "sent":
      return asking.sent;
    case "asking":
      return asking.waitsForHost;
    case "queued":
      return state.before === 0 ? chat.reading : asking.before(state.before);
    case "streaming":
    case "ended":
    case undefined:
      return null;
    default:
      return state satisfies never;
  }
}

/** What was refused or failed is an alert of its own. */
function announced(turn: OwnTurn | undefined): AnnouncerProps {
  if (turn === undefined) return { turn };
  const { id, answer, state } = turn;
  const waiting = waitingInWords(state);
  const end = state.kind === "ended" ? state.end : null;
  if (end?.kind === "refused" || end?.kind === "failed") return { turn: undefined };
  const kind = waiting === null ? state.kind : "waiting";
  return {
    turn: { id: `${id}`, answer, state: { kind } },
    ...(waiting === null ? {} : { waiting }),
    ...(end?.kind === "stopped" ? { ended: texts.asking.stopped[end.by] } : {}),
  };
}
