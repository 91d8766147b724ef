/** The room's link, as text, on the clipboard, and as a code for cameras. */
import { signal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { encode } from "uqr";
import { texts } from "../texts/index.ts";
import { isThisDeviceOnly } from "../state/invitation-origin.ts";
import type { HostStore } from "./host-store.ts";
import { LargeView, useLarge } from "./large-view.tsx";

interface InvitationProps {
  readonly store: HostStore;
}

/** In the page's head, wherever the invitation itself is folded away. */
export function InviteButton({ store: { isInviting } }: InvitationProps) {
  return (
    <button
      type="button"
      aria-expanded={isInviting.value}
      aria-controls="invitation"
      onClick={() => (isInviting.value = !isInviting.value)}
    >
      {texts.room.inviteButton}
    </button>
  );
}

export function Invitation({ store }: InvitationProps) {
  const link = store.invitation.value;
  const large = useLarge();
  const field = useRef<HTMLInputElement>(null);
  const copied = useMemo(() => signal<"no" | "yes" | "failed">("no"), []);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      copied.value = "yes";
    } catch {
      // Some browsers ask first, some never allow it: the text lies selected for a copy by hand.
      field.current?.select();
      copied.value = "failed";
    }
  };
  const { room } = texts;
  // Typed as if every browser had it.
  const canShare = "share" in navigator;
  const share = () =>
    navigator.share({ title: room.shareTitle, url: link }).catch(() => {
      // Closed again, or not allowed: the link is still here to copy.
    });
  return (
    <>
      <section id="invitation" class="card invitation" aria-label={room.invite} hidden={!store.isInviting.value}>
        <button class="code" type="button" aria-label={room.cameraCodeLarge} onClick={large.show}>
          <QrCode text={link} />
        </button>
        <div class="ways">
          <h2>{room.invite}</h2>
          <input
            ref={field}
            aria-label={room.inviteLink}
            readOnly
            value={link}
            onFocus={(event) => event.currentTarget.select()}
          />
          <div class="actions">
            <button type="button" onClick={() => void copy()}>
              {room.copyLink}
            </button>
            {canShare && (
              <button type="button" onClick={() => void share()}>
                {room.shareLink}
              </button>
            )}
          </div>
        </div>
        <p role="status" class="hint">
          {{ no: "", yes: room.copied, failed: room.copyByHand }[copied.value]}
        </p>
        <p class="hint">{isThisDeviceOnly(link) ? room.inviteNowhere : room.inviteHint}</p>
      </section>
      {/* The code over the whole window, for a projector and cameras across a room. Outside of what is folded away: a modal dialog that is hidden keeps the page from hearing anything. */}
      <LargeView large={large} name="large-code" label={room.cameraCodeLabel} session={store.session}>
        <QrCode text={link} />
      </LargeView>
    </>
  );
}

function QrCode({ text }: { readonly text: string }) {
  const { size, path } = useMemo(() => {
    const { size, data } = encode(text, { border: 2 });
    const squares = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")));
    return { size, path: squares.join("") };
  }, [text]);
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={texts.room.cameraCodeLabel}
      shape-rendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
