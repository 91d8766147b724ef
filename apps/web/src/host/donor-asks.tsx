/** What donors ask from their own pages: whether it is taken, and what is being answered. What waits for a person's word stands at the door. */
import type { AskRule, PeerId } from "@jupiter/protocol";
import type { DonorAsk } from "../session/ask-desk.ts";
import type { HostSession } from "../session/host-session.ts";
import { Markdown } from "../shared/markdown.tsx";
import { texts } from "../texts/index.ts";
import { Ending } from "./turn-view.tsx";

const RULES: readonly AskRule[] = ["each", "all", "none"];

interface OfSession {
  readonly session: HostSession;
}

export function DonorAsks({ session }: OfSession) {
  const { asking } = texts;
  const { asks } = session;
  const taken = asks.asks.value.filter(({ place }) => place.kind !== "asking").toReversed();
  return (
    <>
      <label class="field">
        {asking.questions}
        <select
          value={asks.rules.value.all}
          onChange={(event) => asks.setRuleForAll(event.currentTarget.value as AskRule)}
        >
          {RULES.map((rule) => (
            <option key={rule} value={rule}>
              {asking.policies[rule]}
            </option>
          ))}
        </select>
        <span class="hint">{asking.policyHint}</span>
      </label>
      {taken.length > 0 && (
        <ul class="devices asks" aria-label={asking.questions}>
          {taken.map((ask) => (
            <Taken key={ask.id} ask={ask} session={session} />
          ))}
        </ul>
      )}
    </>
  );
}

interface OfAsk extends OfSession {
  readonly ask: DonorAsk;
}

function Taken({ ask, session }: OfAsk) {
  const { asking, chat } = texts;
  const { turn, place, peer } = ask;
  const name = nameOf(session, peer);
  return (
    <li>
      <p>
        <strong>{asking.asks(name)}</strong>
      </p>
      <p class="question">{turn.question}</p>
      {turn.answer !== "" && (
        <details>
          <summary>{asking.showAnswer}</summary>
          <div class="answer">
            <Markdown text={turn.answer} />
          </div>
        </details>
      )}
      {place.kind === "waiting" && <p class="hint">{asking.beforeIt(Math.max(0, place.before))}</p>}
      {place.kind === "open" && turn.state.kind === "waiting" && <p class="hint">{chat.reading}</p>}
      <Ending state={turn.state} isBlank={turn.answer.trim() === ""} />
      {place.kind !== "ended" && (
        <button type="button" aria-label={asking.stopOf(name)} onClick={() => session.asks.stop(ask.id)}>
          {chat.stop}
        </button>
      )}
    </li>
  );
}

/** Of one device, in its menu. */
export function RuleOfDevice({ session, peer, name }: OfSession & { readonly peer: PeerId; readonly name: string }) {
  const { asking } = texts;
  const { rules } = session.asks;
  const own = rules.value.own.find((each) => each.peer === peer)?.rule;
  return (
    <label class="field">
      {asking.asked}
      <select
        aria-label={asking.ruleOf(name)}
        value={own ?? ""}
        onChange={({ currentTarget: { value } }) =>
          session.asks.setRule(peer, RULES.find((rule) => rule === value) ?? null)
        }
      >
        <option value="">{asking.asForAll(asking.policies[rules.value.all])}</option>
        {RULES.map((rule) => (
          <option key={rule} value={rule}>
            {asking.policies[rule]}
          </option>
        ))}
      </select>
    </label>
  );
}

export function nameOf({ devices }: HostSession, peer: PeerId): string {
  return devices.value.find((device) => device.peer === peer)?.name ?? texts.guests.unknownDevice;
}
