/** Tells screen readers an answer while it is written, in whole sentences; the text on the page changes too often to be read from there. */
import { useEffect, useRef, useState } from "preact/hooks";
import { sayableLength } from "../state/announcement.ts";
import type { Turn } from "../state/chat.ts";
import { texts } from "../texts/index.ts";

/** `turn`: the newest; undefined: none yet. */
export function Announcer({ turn }: { readonly turn: Turn | undefined }) {
  const [words, setWords] = useState("");
  /** Undefined: nothing was written in this visit; what was there before is not told again. */
  const said = useRef<{ readonly id: string; readonly length: number } | undefined>(undefined);
  const kind = turn?.state.kind;
  const isWritten = kind === "waiting" || kind === "streaming";
  useEffect(() => {
    if (turn === undefined) return;
    if (kind === "waiting") {
      said.current = { id: turn.id, length: 0 };
      setWords(texts.chat.reading);
    }
    if (said.current?.id !== turn.id || kind === "waiting") return;
    const from = said.current.length;
    const to = sayableLength(turn.answer, from, !isWritten);
    if (to > from) setWords(turn.answer.slice(from, to));
    else if (!isWritten) setWords(texts.chat.answered);
    said.current = isWritten ? { id: turn.id, length: to } : undefined;
  }, [turn?.id, turn?.answer, kind]);
  return (
    <p class="hidden" role="status" aria-live="polite">
      {words}
    </p>
  );
}
