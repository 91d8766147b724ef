/** The door: whether the host is asked first, and the devices that wait for its answer. */
import type { HostSession } from "../session/host-session.ts";
import { texts } from "../texts/index.ts";

export function Asking({ session }: { readonly session: HostSession }) {
  const { guests } = texts;
  const asking = session.asking.value;
  return (
    <>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={session.admissions.value.asksFirst}
          onChange={(event) => session.setAsksFirst(event.currentTarget.checked)}
        />
        {guests.askFirst}
      </label>
      <div role="status">
        {asking.length > 0 && (
          <ul class="devices asking" aria-label={guests.asking}>
            {asking.map(({ peer, name, device }) => (
              <li key={peer}>
                <p>
                  <strong>{name}</strong> {guests.wants}
                  {device !== null && device !== name && guests.from(device)}.
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
        )}
      </div>
    </>
  );
}
