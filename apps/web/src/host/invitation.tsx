/** The room's link, as text, on the clipboard, and as a code for cameras. */
import { signal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { encode } from "uqr";
import { texts } from "../texts/index.ts";
import { isThisDeviceOnly } from "../state/invitation-origin.ts";

export function Invitation({ link }: { readonly link: string }) {
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
    <section class="card invitation">
      <h2>{room.invite}</h2>
      <p class="hint">{room.inviteHint}</p>
      {isThisDeviceOnly(link) && <p class="hint">{room.inviteNowhere}</p>}
      <div class="copy">
        <input
          ref={field}
          aria-label={room.inviteLink}
          readOnly
          value={link}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" onClick={() => void copy()}>
          {room.copyLink}
        </button>
        {canShare && (
          <button type="button" onClick={() => void share()}>
            {room.shareLink}
          </button>
        )}
      </div>
      <p role="status" class="hint">
        {{ no: "", yes: room.copied, failed: room.copyByHand }[copied.value]}
      </p>
      <details open>
        <summary>{room.cameraCode}</summary>
        <QrCode text={link} />
      </details>
    </section>
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
