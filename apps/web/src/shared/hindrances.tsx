/** What this browser lacks, said before it matters. */
import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { lookAround } from "../browser/surroundings.ts";
import type { Hindrance } from "../state/trouble.ts";
import { texts } from "../texts/index.ts";

export function Hindrances() {
  const found = useMemo(() => signal<readonly Hindrance[]>([]), []);
  useEffect(() => void lookAround().then((hindrances) => (found.value = hindrances)), []);
  if (found.value.length === 0) return null;
  return (
    <div class="hindrances">
      {found.value.map((hindrance) => (
        <details key={hindrance}>
          <summary>{texts.environment[hindrance].title}</summary>
          <p class="hint">{texts.environment[hindrance].next}</p>
        </details>
      ))}
    </div>
  );
}
