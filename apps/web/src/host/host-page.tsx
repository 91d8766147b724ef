/** The page that opens a room: chat beside the ring that answers. */
import { signal } from "@preact/signals";
import { catalogue } from "@jupiter/model/catalogue";
import { useEffect, useMemo } from "preact/hooks";
import { closeRoom, conversationShelf, invitationAddress, listedModels, openRoom } from "../compose.ts";
import { deviceName } from "../session/device.ts";
import { Brand } from "../shared/brand.tsx";
import { Notice } from "../shared/notice.tsx";
import { offersOf, parseListing, type Offer } from "../state/offers.ts";
import { Chat } from "./chat.tsx";
import { HostStore } from "./host-store.ts";
import { RoomPanel } from "./room-panel.tsx";

type Opening =
  | { readonly kind: "opening" }
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
          <Brand />
        </header>
        <RoomPanel store={now.store} close={() => void close(now.store)} />
        <Chat store={now.store} />
      </div>
    );
  }
  return (
    <main class="donor">
      <Brand />
      {now.kind === "opening" && <p role="status">Opening a room…</p>}
      {now.kind === "closed" && (
        <Notice
          tone="info"
          title="The room is closed"
          text="Its link lets nobody in any more. Your conversations stay in this browser."
        >
          <button class="primary" type="button" onClick={() => void open()}>
            Open a new room
          </button>
        </Notice>
      )}
      {now.kind === "failed" && (
        <Notice tone="bad" title="The room could not be opened" text={now.message}>
          <button class="primary" type="button" onClick={() => void open()}>
            Try again
          </button>
        </Notice>
      )}
    </main>
  );
}

function createOpening() {
  const opening = signal<Opening>({ kind: "opening" });
  const open = async (): Promise<void> => {
    opening.value = { kind: "opening" };
    try {
      const [first, ...rest] = await loadOffers();
      if (first === undefined) throw new Error("The catalogue has no models.");
      const [session, address] = await Promise.all([openRoom({ name: deviceName() }), invitationAddress()]);
      const store = new HostStore(session, [first, ...rest], address, conversationShelf());
      opening.value = { kind: "open", store };
    } catch (error) {
      opening.value = { kind: "failed", message: error instanceof Error ? error.message : String(error) };
    }
  };
  const close = async ({ session }: HostStore): Promise<void> => {
    opening.value = { kind: "closed" };
    await closeRoom(session);
  };
  return { opening, open, close };
}

async function loadOffers(): Promise<readonly Offer[]> {
  return offersOf(catalogue, parseListing(await listedModels()));
}
