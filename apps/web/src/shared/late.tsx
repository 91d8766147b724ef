/** Words for what takes longer than it should. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";

/** A server that is there has answered long before, on a slow line too. */
const LATE_MS = 3000;

/** From a few seconds after it came. */
export function Late({ children }: { readonly children: ComponentChildren }) {
  const isLate = useMemo(() => signal(false), []);
  useEffect(() => {
    const timer = setTimeout(() => (isLate.value = true), LATE_MS);
    return () => clearTimeout(timer);
  }, [isLate]);
  return isLate.value ? <>{children}</> : null;
}
