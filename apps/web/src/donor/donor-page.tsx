/** The page of a device that joins by the room's link: what it will do, one Join button, then what it does. */
import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { joinRoom } from "../compose.ts";
import { deviceName, memoryPledgeBytes } from "../session/device.ts";
import type { DonorSession } from "../session/donor-session.ts";
import { Brand } from "../shared/brand.tsx";
import { Notice } from "../shared/notice.tsx";
import { bytesInWords } from "../state/words.ts";
import { DonorStatus } from "./donor-status.tsx";

type Joining =
  | { readonly kind: "before" }
  | { readonly kind: "joining" }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "joined"; readonly session: DonorSession };

export interface DonorPageProps {
  readonly link: string;
  /** `?auto`: joins without a click. */
  readonly joinsByItself: boolean;
  /** `?harness`: shows the session to a test runner. */
  readonly isHarness: boolean;
}

export function DonorPage({ link, joinsByItself, isHarness }: DonorPageProps) {
  const { joining, name, join } = useMemo(() => createJoin(link, isHarness), [link, isHarness]);
  useEffect(() => {
    if (joinsByItself) void join();
  }, [joinsByItself, join]);
  const now = joining.value;
  return (
    <main class="donor">
      <Brand>lends this device</Brand>
      {now.kind === "joined" ? (
        <DonorStatus session={now.session} rejoin={join} />
      ) : (
        <form
          class="card"
          onSubmit={(event) => {
            event.preventDefault();
            void join();
          }}
        >
          <h2>Join the ring?</h2>
          <p>
            Whoever sent you this link is putting several devices together to run a language model that answers
            questions. Your device would compute a part of it, in this tab, for as long as the tab is open.
          </p>
          <ul class="costs">
            <li>
              <strong>Memory:</strong> up to {bytesInWords(memoryPledgeBytes())}, given back when you leave.
            </li>
            <li>
              <strong>Download:</strong> your share of the model; the page shows how much.
            </li>
            <li>
              <strong>Battery:</strong> it computes while answers are written. On a phone, keep this page in front.
            </li>
            <li>
              <strong>Privacy:</strong> nothing of yours is read. Your device gets numbers out of the conversation;
              whoever tries hard may guess words from them.
            </li>
          </ul>
          <label class="field">
            This device’s name
            <input
              value={name.value}
              maxLength={60}
              required
              onInput={(event) => (name.value = event.currentTarget.value)}
            />
          </label>
          <button class="primary" type="submit" disabled={now.kind === "joining"}>
            {now.kind === "joining" ? "Joining…" : "Join"}
          </button>
          {now.kind === "refused" && <Notice tone="bad" title="This device could not join" text={now.message} />}
        </form>
      )}
    </main>
  );
}

function createJoin(link: string, isHarness: boolean) {
  const joining = signal<Joining>({ kind: "before" });
  const name = signal(deviceName());
  const join = async (): Promise<void> => {
    if (joining.value.kind === "joining") return;
    joining.value = { kind: "joining" };
    try {
      const session = await joinRoom({ link, name: name.value.trim() || deviceName() });
      joining.value = { kind: "joined", session };
      if (isHarness) {
        globalThis.jupiterDonor = { peer: session.self, sentBytes: () => Object.fromEntries(session.sentBytes) };
      }
    } catch (error) {
      joining.value = { kind: "refused", message: error instanceof Error ? error.message : String(error) };
    }
  };
  return { joining, name, join };
}
