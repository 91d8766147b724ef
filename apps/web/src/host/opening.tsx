/** A host's first sight: on its own, as it stands while the rest of the page is on its way and the room is being opened. */
import { Brand } from "../shared/brand.tsx";
import { Late } from "../shared/late.tsx";
import { texts } from "../texts/index.ts";

interface OpeningProps {
  /** The page is whole, and the server is asked for a room. */
  readonly isAsking?: boolean;
}

export function Opening({ isAsking = false }: OpeningProps) {
  return (
    <main class="donor">
      <Brand />
      <p>{texts.room.about}</p>
      <div role="status">
        <p>{texts.room.opening}</p>
        {isAsking && (
          <Late>
            <p>{texts.room.openingLate}</p>
          </Late>
        )}
      </div>
    </main>
  );
}
