/** What one device more or less would change; each is a plan of its own, made while the page has nothing else to do. */
import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { whatIfs, type PlanRequest, type WhatIf } from "@jupiter/planner";
import type { Device } from "../session/donor-proxy.ts";
import { whatIfInWords } from "../state/what-if.ts";
import { texts } from "../texts/index.ts";

/** Of more devices nobody reads the list, and it takes seconds to make. */
const MOST = 16;

interface WhatIfsProps {
  readonly request: PlanRequest;
  readonly devices: readonly Device[];
}

export function WhatIfs({ request, devices }: WhatIfsProps) {
  const found = useMemo(() => signal<readonly WhatIf[]>([]), [request]);
  useEffect(() => {
    const all = whatIfs(request);
    let timer = 0;
    const step = () => {
      const next = all.next();
      if (next.done === true) return;
      found.value = [...found.peek(), next.value];
      if (found.peek().length < MOST) timer = window.setTimeout(step);
    };
    timer = window.setTimeout(step);
    return () => window.clearTimeout(timer);
  }, [request]);
  return (
    <ul class="what-ifs" aria-label={texts.plan.whatIf.title}>
      {found.value.map((whatIf) => (
        <li key={`${whatIf.kind} ${whatIf.seat}`}>{whatIfInWords(whatIf, devices)}</li>
      ))}
    </ul>
  );
}
