/** A log that keeps its end in view while text is written there. */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Following {
  readonly ref: RefObject<HTMLDivElement | null>;
  readonly onScroll: () => void;
}

/** So near to the end, in pixels, a reader is at it. */
const NEAR_PX = 40;

/**
 * Follows `content` unless the reader has scrolled up since `newest` changed. `isJump`: whether that change, from what was shown before, brings the end
 * into view again; any does, unless told.
 */
export function useFollowing(
  content: unknown,
  newest: string,
  isJump: (before: string) => boolean = () => true,
): Following {
  const ref = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const shown = useRef("");
  useEffect(() => {
    if (shown.current !== newest && isJump(shown.current)) isAtEnd.current = true;
    shown.current = newest;
    if (isAtEnd.current) ref.current?.scrollTo({ top: ref.current.scrollHeight });
  }, [content, newest]);
  const onScroll = () => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = ref.current ?? {};
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
  };
  return { ref, onScroll };
}
