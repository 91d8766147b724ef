/** Tells screen readers an answer while it is written, in whole sentences; the text on the page changes too often to be read from there. */
import { useEffect, useRef, useState } from "preact/hooks";
import { sayableLength } from "../state/announcement.ts";
import type { Turn } from "../state/chat.ts";
import { texts } from "../texts/index.ts";

export interface AnnouncerProps {
  /** The newest; undefined: none yet, or one whose end is an alert of its own. */
  readonly turn: (Pick<Turn, "id" | "answer"> & { readonly state: { readonly kind: string } }) | undefined;
  /** Said before the first word. */
  readonly waiting?: string;
  /** Said at the end of an answer all of whose words were told. */
  readonly ended?: string;
}

export function Announcer({ turn, waiting = texts.chat.reading, ended = texts.chat.answered }: AnnouncerProps) {
  const [words, setWords] = useState("");
  /** Undefined: nothing was written in this visit; what was there before is not told again. */
  const said = useRef<{ readonly id: string; readonly length: number } | undefined>(undefined);
  const kind = turn?.state.kind;
  const isWritten = kind === "waiting" || kind === "streaming";
  useEffect(() => {
    if (turn === undefined) {
      said.current = undefined;
      setWords("");
      return;
    }
    if (kind === "waiting") {
      said.current = { id: turn.id, length: 0 };
      setWords(waiting);
    }
    if (said.current?.id !== turn.id || kind === "waiting") return;
    const from = said.current.length;
    const to = sayableLength(turn.answer, from, !isWritten);
    if (to > from) setWords(turn.answer.slice(from, to));
    else if (!isWritten) setWords(ended);
    said.current = isWritten ? { id: turn.id, length: to } : undefined;
  }, [turn?.id, turn?.answer, kind, waiting]);
  return (
    <p class="hidden" role="status" aria-live="polite">
      {words}
    </p>
  );
}
