/** A part of the page over the whole window, for a projector, and for eyes and cameras across a room. */
import { signal, type Signal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { HostSession } from "../session/host-session.ts";
import { texts } from "../texts/index.ts";
import { AtDoor } from "./at-door.tsx";

interface Large {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly isLarge: Signal<boolean>;
  readonly show: () => void;
}

export function useLarge(): Large {
  const dialog = useRef<HTMLDialogElement>(null);
  const isLarge = useMemo(() => signal(false), []);
  const show = () => {
    isLarge.value = true;
    dialog.current?.showModal();
  };
  return { dialog, isLarge, show };
}

interface LargeViewProps {
  readonly large: Large;
  /** Of its style. */
  readonly name: string;
  readonly label: string;
  readonly session: HostSession;
  /** Drawn while it is shown alone. */
  readonly children: ComponentChildren;
}

export function LargeView({ large: { dialog, isLarge }, name, label, session, children }: LargeViewProps) {
  return (
    <dialog ref={dialog} class={name} aria-label={label} onClose={() => (isLarge.value = false)}>
      {isLarge.value && (
        <>
          {/* Nothing outside of a dialog can be pressed. */}
          <AtDoor session={session} />
          {children}
        </>
      )}
      <button type="button" onClick={() => dialog.current?.close()}>
        {texts.room.picture.small}
      </button>
    </dialog>
  );
}
