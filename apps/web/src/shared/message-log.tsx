/** Questions and answers, one below the other; the end stays in view while text is written there. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface MessageLogProps {
  /** Of its style. */
  readonly name: string;
  readonly label: string;
  /** An answer is being written. */
  readonly isBusy: boolean;
  /** What is shown: a new one each time that it changes. */
  readonly content: unknown;
  /** Followed unless the reader has scrolled up since this changed. */
  readonly newest: string;
  /** Whether that change, from what was shown before, brings the end into view again; any does, unless told. */
  readonly isJump?: (before: string) => boolean;
  readonly children: ComponentChildren;
}

/** So near to the end, in pixels, a reader is at it. */
const NEAR_PX = 40;

export function MessageLog({ name, label, isBusy, content, newest, isJump = () => true, children }: MessageLogProps) {
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const shown = useRef("");
  useEffect(() => {
    if (shown.current !== newest && isJump(shown.current)) isAtEnd.current = true;
    shown.current = newest;
    if (isAtEnd.current) log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [content, newest]);
  const onScroll = () => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = log.current ?? {};
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
  };
  return (
    // Not live: `Announcer` tells what is new, at a pace that can be followed.
    <div
      class={name}
      role="log"
      aria-live="off"
      aria-busy={isBusy}
      ref={log}
      onScroll={onScroll}
      tabIndex={0}
      aria-label={label}
    >
      {children}
    </div>
  );
}
