/** The page of a device that joins by the room's link: what it will do, one Join button, then what it does. */
import { effect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Brand } from "../shared/brand.tsx";
import { Notice } from "../shared/notice.tsx";
import { bytesInWords } from "../state/words.ts";
import { DonorStatus } from "./donor-status.tsx";
import { tabHarness } from "../tab-harness.ts";
import { DonorStore } from "./donor-store.ts";

export interface DonorPageProps {
  readonly link: string;
  /** `?auto`: joins without a click. */
  readonly joinsByItself: boolean;
  /** `?harness`: shows the session to a test runner. */
  readonly isHarness: boolean;
}

export function DonorPage({ link, joinsByItself, isHarness }: DonorPageProps) {
  const store = useMemo(() => new DonorStore(link), [link]);
  useEffect(() => {
    if (isHarness) return showToTests(store);
    return undefined;
  }, [store, isHarness]);
  useEffect(() => {
    if (joinsByItself) void store.join();
  }, [joinsByItself, store]);
  const visit = store.visit.value;
  return (
    <main class="donor">
      <Brand>lends this device</Brand>
      {store.lastEnd.value !== null && (
        <Notice tone="info" title="This page was started anew" text={store.lastEnd.value} />
      )}
      {visit.kind === "joined" ? (
        <DonorStatus session={visit.session} rejoin={() => store.join()} />
      ) : (
        <form
          class="card"
          onSubmit={(event) => {
            event.preventDefault();
            void store.join();
          }}
        >
          <h2>Join the ring?</h2>
          <p>
            Whoever sent you this link is putting several devices together to run a language model that answers
            questions. Your device would compute a part of it, in this tab, for as long as the tab is open.
          </p>
          <ul class="costs">
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
              value={store.name.value}
              maxLength={60}
              required
              onInput={(event) => (store.name.value = event.currentTarget.value)}
            />
          </label>
          <label class="field">
            Memory: up to {bytesInWords(store.pledgeBytes.value)}, given back when you leave
            <input
              type="range"
              min={store.stepBytes}
              max={store.maxPledgeBytes}
              step={store.stepBytes}
              value={store.pledgeBytes.value}
              aria-valuetext={bytesInWords(store.pledgeBytes.value)}
              onInput={(event) => (store.pledgeBytes.value = event.currentTarget.valueAsNumber)}
            />
          </label>
          <button class="primary" type="submit" disabled={visit.kind === "joining"}>
            {visit.kind === "joining" ? "Joining…" : "Join"}
          </button>
          {visit.kind === "refused" && <Notice tone="bad" title="This device could not join" text={visit.message} />}
        </form>
      )}
    </main>
  );
}

function showToTests(store: DonorStore): () => void {
  return effect(() => {
    const visit = store.visit.value;
    if (visit.kind !== "joined") return;
    const { session } = visit;
    globalThis.jupiterDonor = {
      ...tabHarness(() => session.engine),
      peer: session.self,
      sentBytes: () => Object.fromEntries(session.sentBytes),
    };
  });
}
