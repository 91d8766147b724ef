/** Under an answer that goes round in circles: what it does, and a way out. */
import { useMemo } from "preact/hooks";
import { goesRound } from "../state/circles.ts";
import { texts } from "../texts/index.ts";

interface CirclesProps {
  readonly answer: string;
  readonly isWritten: boolean;
  /** At every step its likeliest token was taken. */
  readonly isGreedy: boolean;
  /** With another temperature, in its place; null: not possible at the moment. */
  readonly askAgain: (() => void) | null;
}

/** What answers are written with that leave their circle: of the usual temperatures the one that changes least. */
export const OUT_OF_CIRCLES = 0.7;

export function Circles({ answer, isWritten, isGreedy, askAgain }: CirclesProps) {
  const isRound = useMemo(() => goesRound(answer), [answer]);
  const { chat } = texts;
  return (
    <>
      {/* Empty until then: screen readers tell what changes in a place that they know. */}
      {(isWritten || isRound) && (
        <p class="set-aside" role="status">
          {isRound && chat.circles[isGreedy ? "greedy" : "drawn"]}
        </p>
      )}
      {isRound && isGreedy && askAgain !== null && (
        <div class="again">
          <button type="button" onClick={askAgain}>
            {chat.askAgainWith(OUT_OF_CIRCLES)}
          </button>
          <span class="hint">{chat.thisAnswerOnly}</span>
        </div>
      )}
    </>
  );
}
