/** Asks before another link in the address takes this page away. Over everything: nobody knows where on the page a person is. */
import { useEffect, useRef } from "preact/hooks";
import { goThere, otherLink, stayHere } from "../browser/other-link.ts";
import { texts } from "../texts/index.ts";

interface OtherLinkProps {
  readonly role: "host" | "donor";
  /** Of this room, from `#` on. */
  readonly own: string;
}

export function OtherLink({ role, own }: OtherLinkProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const asked = otherLink.value;
  useEffect(() => {
    if (asked !== null) dialog.current?.showModal();
  }, [asked]);
  if (asked === null) return null;
  const { title, text } = texts.otherLink[role][asked.endsWith(own) ? "own" : "other"];
  return (
    <dialog ref={dialog} class="prompt" aria-labelledby="other-link" onClose={stayHere}>
      <h2 id="other-link">{title}</h2>
      <p>{text}</p>
      <div class="actions">
        <button class="primary" type="button" onClick={stayHere}>
          {texts.otherLink.stay}
        </button>
        <button type="button" onClick={goThere}>
          {texts.otherLink.go}
        </button>
      </div>
    </dialog>
  );
}
