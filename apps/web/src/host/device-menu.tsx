/** What the host can do with a device: call it something else, take its questions or not, or take it out of the room. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Notice } from "../shared/notice.tsx";
import type { Device } from "../session/donor-proxy.ts";
import type { HostSession } from "../session/host-session.ts";
import { isFocusNowhere } from "../shared/focus.ts";
import { NameField } from "../shared/name-field.tsx";
import { texts } from "../texts/index.ts";
import { RuleOfDevice } from "./donor-asks.tsx";

export interface DeviceMenuProps {
  readonly device: Device;
  readonly session: HostSession;
  /** The ring that runs ends without it: removing is asked for twice. */
  readonly isServing: boolean;
}

export function DeviceMenu({ device: { peer, name }, session, isServing }: DeviceMenuProps) {
  const isAsking = useMemo(() => signal(false), []);
  const isAsked = isAsking.value && isServing;
  const wasAsked = useRef(false);
  const keepButton = useRef<HTMLButtonElement>(null);
  const removeButton = useRef<HTMLButtonElement>(null);
  // Nobody is asked about a ring that is over.
  useEffect(() => {
    if (!isServing) isAsking.value = false;
  }, [isServing]);
  // Each takes the other's place, and the focus with it, unless it is elsewhere by now: in a question, say, whose next space would press the button.
  useEffect(() => {
    if (isAsked) keepButton.current?.focus();
    else if (wasAsked.current && isFocusNowhere()) removeButton.current?.focus();
    wasAsked.current = isAsked;
  }, [isAsked]);
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
        <NameField key={name} name="name" aria-label={guests.newName(name)} initial={name} />
        <button type="submit">{guests.rename}</button>
      </form>
      <RuleOfDevice session={session} peer={peer} name={name} />
      {isAsked ? (
        <Notice tone="info" text={guests.removeEndsRing(name)}>
          <button type="button" onClick={() => void session.remove(peer)}>
            {guests.removeAnyway}
          </button>
          <button class="primary" type="button" ref={keepButton} onClick={() => (isAsking.value = false)}>
            {guests.keepDevice}
          </button>
        </Notice>
      ) : (
        <>
          <p class="hint">{guests.removeHint}</p>
          <button
            type="button"
            ref={removeButton}
            aria-label={guests.removeDevice(name)}
            onClick={() => {
              if (isServing) isAsking.value = true;
              else void session.remove(peer);
            }}
          >
            {guests.remove}
          </button>
        </>
      )}
    </details>
  );
}
