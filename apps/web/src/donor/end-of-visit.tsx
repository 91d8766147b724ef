/** Why this device is not in the room any more, and what to do. */
import type { WhyLeft } from "../session/donor-session.ts";
import { Notice } from "../shared/notice.tsx";
import { texts } from "../texts/index.ts";

interface EndOfVisitProps {
  readonly why: WhyLeft;
  readonly rejoin: () => Promise<void>;
}

export function EndOfVisit({ why, rejoin }: EndOfVisitProps) {
  const { title, text, again } = texts.guests.left[why];
  return (
    <section class="card">
      <Notice tone="info" title={title} text={text}>
        {again !== null && (
          <button class="primary" type="button" onClick={() => void rejoin()}>
            {again}
          </button>
        )}
      </Notice>
    </section>
  );
}
