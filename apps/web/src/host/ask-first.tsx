/** The door: whether the host is asked before a device comes in. */
import type { HostSession } from "../session/host-session.ts";
import { texts } from "../texts/index.ts";

interface AskingProps {
  readonly session: HostSession;
}

export function AskFirst({ session }: AskingProps) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        checked={session.admissions.value.asksFirst}
        onChange={(event) => session.setAsksFirst(event.currentTarget.checked)}
      />
      {texts.guests.askFirst}
    </label>
  );
}
