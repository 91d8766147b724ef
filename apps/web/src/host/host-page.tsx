/** The page that opens a room: chat beside the ring that answers. */
import { signal } from "@preact/signals";
import { catalogue } from "@jupiter/model/catalogue";
import { useEffect, useMemo } from "preact/hooks";
import { askBeforeLeaving } from "../browser/other-link.ts";
import { deviceName } from "../session/device.ts";
import { Brand } from "../shared/brand.tsx";
import { Notice } from "../shared/notice.tsx";
import { OtherLink } from "../shared/other-link.tsx";
import { offersOf, parseListing } from "../state/offers.ts";
import { sentence } from "../state/words.ts";
import { texts } from "../texts/index.ts";
import { AtDoor, WaitingInTitle } from "./at-door.tsx";
import { Chat } from "./chat.tsx";
import { HostStore } from "./host-store.ts";
import { InviteButton } from "./invitation.tsx";
import { Opening } from "./opening.tsx";
import { RoomPanel } from "./room-panel.tsx";

/** Asked for as this page comes, after the first paint; only the opened room waits for it: rooms, links and the engine are two thirds of what a host fetches. */
const composed = import("../compose.ts");
composed.catch(() => undefined); // Said where it is waited for.

type Room =
  /** `isAsking`: the server is asked for a room. */
  | { readonly kind: "opening"; readonly isAsking: boolean }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "open"; readonly store: HostStore }
  | { readonly kind: "closed" };

export function HostPage() {
  const { opening, open, close } = useMemo(createOpening, []);
  useEffect(() => void open(), [open]);
  const now = opening.value;
  if (now.kind === "open") {
    return (
      <div class="host">
        <header>
          <Brand>{texts.room.tagline}</Brand>
          <nav class="jumps" aria-label={texts.room.name}>
            <button class="quiet" type="button" onClick={() => jumpTo(".room")}>
              {texts.room.toRing}
            </button>
            <button class="quiet" type="button" onClick={() => jumpTo(".chat")}>
              {texts.room.toChat}
            </button>
          </nav>
          <InviteButton store={now.store} />
        </header>
        <AtDoor session={now.store.session} />
        <WaitingInTitle session={now.store.session} />
        <RoomPanel store={now.store} close={() => void close(now.store)} />
        <Chat store={now.store} />
        <OtherLink role="host" own={now.store.session.link.value} />
      </div>
    );
  }
  if (now.kind === "opening") return <Opening isAsking={now.isAsking} />;
  return (
    <main class="donor">
      <Brand />
      {now.kind === "closed" && (
        <Notice tone="info" title={texts.room.closed} text={texts.room.closedHint}>
          <button class="primary" type="button" onClick={() => void open()}>
            {texts.room.openNew}
          </button>
        </Notice>
      )}
      {now.kind === "failed" && (
        <Notice tone="bad" title={texts.room.notOpened} text={sentence(now.message)}>
          <button class="primary" type="button" onClick={() => void open()}>
            {texts.room.tryAgain}
          </button>
        </Notice>
      )}
    </main>
  );
}

/** On a narrow screen one stands below the other. */
function jumpTo(selector: string): void {
  document.querySelector(selector)?.scrollIntoView({ block: "start" });
}

function createOpening() {
  const opening = signal<Room>({ kind: "opening", isAsking: false });
  askBeforeLeaving(() => opening.value.kind === "open" && opening.value.store.isInUse);
  const open = async (): Promise<void> => {
    opening.value = { kind: "opening", isAsking: false };
    try {
      const { conversationShelf, invitationAddress, listedModels, openRoom } = await composed.catch(
        (cause: unknown) => {
          throw new Error(texts.room.pageNotFetched, { cause });
        },
      );
      opening.value = { kind: "opening", isAsking: true };
      const [first, ...rest] = offersOf(catalogue, parseListing(await listedModels()));
      if (first === undefined) throw new Error(texts.room.noModels);
      const [room, address] = await Promise.all([openRoom({ name: deviceName() }), invitationAddress()]);
      const store = new HostStore(room, [first, ...rest], address, conversationShelf());
      opening.value = { kind: "open", store };
    } catch (error) {
      opening.value = { kind: "failed", message: error instanceof Error ? error.message : String(error) };
    }
  };
  const close = async ({ session }: HostStore): Promise<void> => {
    opening.value = { kind: "closed" };
    await (await composed).closeRoom(session);
  };
  return { opening, open, close };
}
