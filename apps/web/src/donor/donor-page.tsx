/** The page of a device that joins by the room's link: what it will do, one Join button, then what it does. */
import { effect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Brand } from "../shared/brand.tsx";
import { Notice } from "../shared/notice.tsx";
import { OtherLink } from "../shared/other-link.tsx";
import { texts } from "../texts/index.ts";
import { DonorStatus } from "./donor-status.tsx";
import type { tabHarness } from "../tab-harness.ts";
import { DonorStore } from "./donor-store.ts";
import { EndOfVisit } from "./end-of-visit.tsx";
import { JoinForm } from "./join-form.tsx";

export interface DonorPageProps {
  readonly link: string;
  /** `?auto`: joins without a click. */
  readonly joinsByItself: boolean;
  /** `?harness`: shows the session to a test runner. Null otherwise: it brings all of what Join brings. */
  readonly harness: typeof tabHarness | null;
}

export function DonorPage({ link, joinsByItself, harness }: DonorPageProps) {
  const store = useMemo(() => new DonorStore(link), [link]);
  useEffect(() => {
    if (harness !== null) return showToTests(store, harness);
    return undefined;
  }, [store, harness]);
  useEffect(() => {
    if (joinsByItself) void store.join();
  }, [joinsByItself, store]);
  const visit = store.visit.value;
  return (
    <main class="donor">
      <Brand>{texts.donor.tagline}</Brand>
      {store.offersLess.value !== null && <Notice tone="info" {...store.offersLess.value} />}
      {visit.kind === "joined" ? (
        <>
          <DonorStatus session={visit.session} rejoin={() => store.join()} />
          <OtherLink role="donor" own={visit.session.link.value} />
        </>
      ) : visit.kind === "ended" ? (
        <EndOfVisit why={visit.why} rejoin={() => store.join()} />
      ) : (
        <JoinForm store={store} visit={visit} />
      )}
    </main>
  );
}

function showToTests(store: DonorStore, harness: typeof tabHarness): () => void {
  return effect(() => {
    const visit = store.visit.value;
    if (visit.kind !== "joined") return;
    const { session } = visit;
    globalThis.jupiterDonor = {
      ...harness(() => session.engine),
      peer: session.self,
      sentBytes: () => Object.fromEntries(session.sentBytes),
    };
  });
}
