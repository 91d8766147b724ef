/** What the plan foretells, beside what the last answer took. */
import { computed, signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { CHAT } from "@jupiter/planner";
import type { Forecast } from "../session/foretelling.ts";
import type { AnswerState } from "../state/chat.ts";
import { comparedTo, errorPercent, expectedOf } from "../state/prediction.ts";
import { ringFile } from "../state/ring-file.ts";
import { texts } from "../texts/index.ts";
import type { HostStore } from "./host-store.ts";
import { WhatIfs } from "./what-ifs.tsx";

export function PlanPanel({ store }: { readonly store: HostStore }) {
  const view = store.ring.value;
  const isOpen = useMemo(() => signal(false), []);
  // The same turn while the next answer grows: forecasts are not worked out anew with its every token.
  const lastForetold = useMemo(
    () => computed(() => store.chat.current.value.turns.findLast(({ state }) => isForetold(state))),
    [store],
  );
  const { plannedFrom, devices, foretelling } = store.session;
  const forecast = foretelling.now.value;
  const ended = foretelling.last.value;
  if (view.kind !== "ready" || forecast === null) return null;
  const { pipe, chunkRows, isServed } = forecast;
  const question = { reusedTokens: 0, promptTokens: CHAT.promptTokens, tokens: CHAT.answerTokens };
  const asked = expectedOf(pipe, question, chunkRows);
  const last = lastForetold.value;
  const figures = last !== undefined && "figures" in last.state ? last.state.figures : null;
  // What was learnt from an answer foretold nothing of it.
  const toldBefore = ended !== null && ended.id === last?.id ? ended.forecast : isServed ? null : forecast;
  const words = texts.plan;
  const expected = isServed ? words.expectedAsServed : words.expected;
  return (
    <details class="plan" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>{words.title}</summary>
      <p>{expected(CHAT.promptTokens, asked.firstTokenMs, asked.tokensPerSecond)}</p>
      {figures?.promptTokens !== undefined && toldBefore !== null && (
        <LastAnswer
          forecast={toldBefore}
          figures={{ reusedTokens: 0, ...figures, promptTokens: figures.promptTokens }}
        />
      )}
      {isOpen.value && plannedFrom.value !== null && (
        <>
          <WhatIfs request={plannedFrom.value} devices={devices.value} />
          <p>
            <a
              class="button"
              href={`data:application/json;charset=utf-8,${encodeURIComponent(ringFile(plannedFrom.value, view.ring))}`}
              download={words.fileName}
            >
              {words.save}
            </a>
          </p>
          <p class="hint">{words.saveHint}</p>
        </>
      )}
    </details>
  );
}

/** What is written with one decimal reads the same below these. */
const LEAST_NOTICED_MS = 50;
const LEAST_NOTICED_RATE = 0.5;

function LastAnswer({
  forecast: { pipe, chunkRows },
  figures,
}: {
  readonly forecast: Forecast;
  readonly figures: Parameters<typeof expectedOf>[1] & {
    readonly timeToFirstTokenMs: number;
    readonly tokensPerSecond: number | null;
  };
}) {
  const expected = expectedOf(pipe, figures, chunkRows);
  const { timeToFirstTokenMs, tokensPerSecond } = figures;
  const words = texts.plan;
  return (
    <>
      <p>
        {words.lastAnswer(timeToFirstTokenMs, comparedTo(expected.firstTokenMs, timeToFirstTokenMs, LEAST_NOTICED_MS))}
        {tokensPerSecond !== null &&
          ` ${words.lastRate(tokensPerSecond, comparedTo(expected.tokensPerSecond, tokensPerSecond, LEAST_NOTICED_RATE))}`}
      </p>
      <details class="exactly">
        <summary>{words.exactly}</summary>
        <p class="hint">
          {words.exactFirst(
            expected.firstTokenMs,
            timeToFirstTokenMs,
            errorPercent(expected.firstTokenMs, timeToFirstTokenMs),
          )}
        </p>
        {tokensPerSecond !== null && (
          <p class="hint">
            {words.exactRate(
              expected.tokensPerSecond,
              tokensPerSecond,
              errorPercent(expected.tokensPerSecond, tokensPerSecond),
            )}
          </p>
        )}
        <p class="hint">{words.exactHint}</p>
      </details>
    </>
  );
}

/** The plan knows of answers alone, not of what was tried before one. */
function isForetold(state: AnswerState): boolean {
  return "figures" in state && state.figures.tokens > 0 && state.figures.setAside === undefined;
}
