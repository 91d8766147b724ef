/** The door: whether the host is asked first, and the devices that wait for its answer. */
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

/**
 * Who waits for an answer. It stays in view wherever the page is scrolled to, and takes no focus: the host may be in the middle of a question. Screen
 * readers are told the sentences alone, without the buttons.
 */
export function Asking({ session }: AskingProps) {
  const { guests } = texts;
  const asking = session.asking.value.map(({ peer, name, device }) => ({
    peer,
    name,
    wants: guests.wants(device === name ? null : device),
  }));
  return (
    <>
      <p class="hidden" role="status">
        {asking.map(({ name, wants }) => `${name}${wants}.`).join(" ")}
      </p>
      {asking.length > 0 && (
        <section class="at-door" aria-label={guests.asking}>
          <ul aria-label={guests.asking}>
            {asking.map(({ peer, name, wants }) => (
              <li key={peer}>
                <p>
                  <strong>{name}</strong>
                  {wants}.
                </p>
                <div class="actions">
                  <button
                    class="primary"
                    type="button"
                    aria-label={guests.letInDevice(name)}
                    onClick={() => session.letIn(peer)}
                  >
                    {guests.letIn}
                  </button>
                  <button type="button" aria-label={guests.refuseDevice(name)} onClick={() => session.refuse(peer)}>
                    {guests.refuse}
                  </button>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
