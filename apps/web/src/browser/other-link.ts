/** Another link after `#` in an open page's address. The page that it leads to is another one, so this one ends: at once where nobody uses it, else a person is asked. */
import { signal } from "@preact/signals";

/** The whole address that waits for an answer; null: none does. */
export const otherLink = signal<string | null>(null);

let isInUse = (): boolean => false;

/** `inUse` is asked whenever another link comes. */
export function askBeforeLeaving(inUse: () => boolean): void {
  isInUse = inUse;
}

export function followLinks(): void {
  addEventListener("hashchange", ({ oldURL, newURL }) => {
    if (!isInUse()) {
      location.reload();
      return;
    }
    // Unlike an assignment to the address, this is no change of its own; a reload meanwhile finds the room that is here.
    history.replaceState(history.state, "", oldURL);
    otherLink.value = newURL;
  });
}

export function stayHere(): void {
  otherLink.value = null;
}

export function goThere(): void {
  const address = otherLink.value;
  if (address === null) return;
  history.replaceState(history.state, "", address);
  location.reload();
}
