/** What the host can do with a device: call it something else, take its questions or not, or take it out of the room. */
import type { Device } from "../session/donor-proxy.ts";
import type { HostSession } from "../session/host-session.ts";
import { MAX_NAME } from "../state/names.ts";
import { texts } from "../texts/index.ts";
import { RuleOfDevice } from "./donor-asks.tsx";

export interface DeviceMenuProps {
  readonly device: Device;
  readonly session: HostSession;
}

export function DeviceMenu({ device: { peer, name }, session }: DeviceMenuProps) {
  const { guests } = texts;
  return (
    <details class="device-menu">
      <summary aria-label={guests.menuOf(name)}>{guests.menu}</summary>
      <form
        class="copy"
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = new FormData(event.currentTarget).get("name");
          if (typeof wanted === "string") session.rename(peer, wanted);
          event.currentTarget.closest("details")?.removeAttribute("open");
        }}
      >
        <input
          key={name}
          name="name"
          aria-label={guests.newName(name)}
          defaultValue={name}
          maxLength={MAX_NAME}
          required
        />
        <button type="submit">{guests.rename}</button>
      </form>
      <RuleOfDevice session={session} peer={peer} name={name} />
      <p class="hint">{guests.removeHint}</p>
      <button type="button" aria-label={guests.removeDevice(name)} onClick={() => void session.remove(peer)}>
        {guests.remove}
      </button>
    </details>
  );
}
