/** Says that the signaling server delivered what no member of the room sent, and what that means. */
import type { ReadonlySignal } from "@preact/signals";
import type { Suspicions } from "../session/suspicions.ts";
import { texts } from "../texts/index.ts";
import { Notice } from "./notice.tsx";

export function SuspicionNotice({ suspicions }: { readonly suspicions: ReadonlySignal<Suspicions> }) {
  const { count, last } = suspicions.value;
  if (count === 0) return null;
  return <Notice tone="info" title={texts.guests.suspicious} text={texts.guests.suspiciousHint(count, last)} />;
}
