/** Before joining: what will happen, what it costs, and one button. */
import { Hindrances } from "../shared/hindrances.tsx";
import { Late } from "../shared/late.tsx";
import { Notice } from "../shared/notice.tsx";
import { NameField } from "../shared/name-field.tsx";
import { sentence } from "../state/words.ts";
import { texts } from "../texts/index.ts";
import type { DonorStore, Visit } from "./donor-store.ts";

interface JoinFormProps {
  readonly store: DonorStore;
  readonly visit: Exclude<Visit, { kind: "joined" | "ended" }>;
}

export function JoinForm({ store, visit }: JoinFormProps) {
  const { donor, units } = texts;
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void store.join();
      }}
    >
      <h2>{donor.joinTitle}</h2>
      <p>{donor.joinHint}</p>
      <ul class="costs">
        {donor.costs.map(({ what, text }) => (
          <li key={what}>
            <strong>{what}</strong> {text}
          </li>
        ))}
      </ul>
      <label class="field">
        {donor.name}
        <NameField initial={store.name.peek()} onName={(name) => (store.name.value = name)} />
      </label>
      <label class="field">
        {donor.memory(store.pledgeBytes.value)}
        <input
          type="range"
          min={store.stepBytes}
          max={store.maxPledgeBytes}
          step={store.stepBytes}
          value={store.pledgeBytes.value}
          aria-valuetext={units.bytes(store.pledgeBytes.value)}
          onInput={(event) => (store.pledgeBytes.value = event.currentTarget.valueAsNumber)}
        />
      </label>
      {store.cannotJoin === null ? (
        <button class="primary" type="submit" disabled={visit.kind === "joining"}>
          {visit.kind === "joining" ? donor.joining : donor.join}
        </button>
      ) : (
        <Notice tone="bad" title={donor.cannotJoin} text={store.cannotJoin} />
      )}
      {visit.kind === "joining" && (
        <div role="status">
          <Late>
            <p>{donor.joiningLate}</p>
          </Late>
        </div>
      )}
      {visit.kind === "refused" && <Notice tone="bad" title={donor.notJoined} text={sentence(visit.message)} />}
      <Hindrances />
    </form>
  );
}
