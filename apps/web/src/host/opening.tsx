/** A host's first sight: on its own, as it stands while the rest of the page is on its way and the room is being opened. */
import { Brand } from "../shared/brand.tsx";
import { texts } from "../texts/index.ts";

export function Opening() {
  return (
    <main class="donor">
      <Brand />
      <p>{texts.room.about}</p>
      <p role="status">{texts.room.opening}</p>
    </main>
  );
}
