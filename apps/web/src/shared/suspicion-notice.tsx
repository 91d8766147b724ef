/** Says that the server or a member of the room sent what does not belong, and what that means. */
import type { ReadonlySignal } from "@preact/signals";
import type { Suspicions } from "../session/suspicions.ts";
import { texts } from "../texts/index.ts";
import { Notice } from "./notice.tsx";

interface SuspicionNoticesProps {
  /** Of the server, and of members. */
  readonly session: {
    readonly suspicions: ReadonlySignal<Suspicions>;
    readonly strays: ReadonlySignal<Suspicions>;
  };
}

export function SuspicionNotices({ session: { suspicions, strays } }: SuspicionNoticesProps) {
  const { suspicious, suspiciousHint, strayed, strayedHint, lastOne } = texts.guests;
  const told = [
    { title: suspicious, hint: suspiciousHint, ...suspicions.value },
    { title: strayed, hint: strayedHint, ...strays.value },
  ];
  return (
    <>
      {told.map(
        ({ title, hint, count, last }) =>
          count > 0 && (
            <Notice key={title} tone="info" title={title} text={hint(count)}>
              <p class="said">{lastOne(last)}</p>
            </Notice>
          ),
      )}
    </>
  );
}
