/** What waits for the host's word: devices that want in, and questions of those that are. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { HostSession } from "../session/host-session.ts";
import { texts } from "../texts/index.ts";
import { nameOf } from "./donor-asks.tsx";

interface AtDoorProps {
  readonly session: HostSession;
}

interface Choice {
  readonly label: string;
  /** Which one it is about, for those that do not see where it stands. */
  readonly fullLabel: string;
  readonly choose: () => void;
}

interface Waiting {
  readonly key: string;
  /** Without the question. */
  readonly words: string;
  readonly says: ComponentChildren;
  readonly question: string | null;
  readonly yes: Choice;
  readonly no: Choice;
}

/** Of a question, what screen readers are told; all of it stands in the banner. */
const MOST_SAID = 200;
/** Of a question that is never higher than its field, however narrow the window. */
const SURE_TO_FIT = 80;

/**
 * It stays in view wherever the page is scrolled to, and takes no focus: the host may be in the middle of a question. Screen readers are told the
 * sentences alone, without the buttons.
 */
export function AtDoor({ session }: AtDoorProps) {
  const { guests, asking } = texts;
  const lists = [
    { label: guests.asking, waiting: devicesThatWait(session) },
    { label: asking.asked, waiting: questionsThatWait(session) },
  ].filter(({ waiting }) => waiting.length > 0);
  const all = lists.flatMap(({ waiting }) => waiting);
  return (
    <>
      <p class="hidden" role="status">
        {all
          .map(({ words, question }) => (question === null ? `${words}.` : `${words}: ${beginningOf(question)}`))
          .join(" ")}
      </p>
      {lists.length > 0 && (
        <section class="at-door" aria-label={guests.atDoor}>
          {lists.map(({ label, waiting }) => (
            <ul key={label} aria-label={label}>
              {waiting.map(({ key, ...each }) => (
                <Knock key={key} {...each} />
              ))}
            </ul>
          ))}
        </section>
      )}
    </>
  );
}

/** Who sits before another tab sees the title alone. */
export function WaitingInTitle({ session }: AtDoorProps) {
  const [first, ...others] = [...devicesThatWait(session), ...questionsThatWait(session)];
  const words = others.length === 0 ? first?.words : texts.guests.manyAtDoor(1 + others.length);
  useEffect(() => {
    if (words === undefined) return undefined;
    const usual = document.title;
    document.title = texts.guests.inTitle(words, usual);
    return () => void (document.title = usual);
  }, [words]);
  return null;
}

function Knock({ says, question, yes, no }: Omit<Waiting, "key">) {
  // The second click of a double one lands on whoever waits next.
  const once = (choose: () => void) => (event: MouseEvent) => {
    if (event.detail < 2) choose();
  };
  return (
    <li>
      <p>{says}</p>
      {question !== null && (
        // A field that scrolls is one that the keyboard reaches.
        <p class="question" {...(question.length > SURE_TO_FIT || question.includes("\n") ? { tabIndex: 0 } : {})}>
          {question}
        </p>
      )}
      <div class="actions">
        <button class="primary" type="button" aria-label={yes.fullLabel} onClick={once(yes.choose)}>
          {yes.label}
        </button>
        <button type="button" aria-label={no.fullLabel} onClick={once(no.choose)}>
          {no.label}
        </button>
      </div>
    </li>
  );
}

function devicesThatWait(session: HostSession): readonly Waiting[] {
  const { guests } = texts;
  return session.asking.value.map(({ peer, name, device }) => {
    const wants = guests.wants(device === name ? null : device);
    return {
      key: peer,
      words: `${name}${wants}`,
      says: (
        <>
          <strong>{name}</strong>
          {wants}.
        </>
      ),
      question: null,
      yes: { label: guests.letIn, fullLabel: guests.letInDevice(name), choose: () => session.letIn(peer) },
      no: { label: guests.refuse, fullLabel: guests.refuseDevice(name), choose: () => session.refuse(peer) },
    };
  });
}

function questionsThatWait(session: HostSession): readonly Waiting[] {
  const { asking } = texts;
  return session.asks.asks.value.flatMap(({ id, peer, turn: { question }, place }) => {
    if (place.kind !== "asking") return [];
    const name = nameOf(session, peer);
    return [
      {
        key: id,
        words: asking.asksInTitle(name),
        says: <strong>{asking.asks(name)}</strong>,
        question,
        yes: { label: asking.answer, fullLabel: asking.answerOf(name), choose: () => session.asks.admit(id) },
        no: { label: asking.refuse, fullLabel: asking.refuseOf(name), choose: () => session.asks.refuse(id) },
      },
    ];
  });
}

function beginningOf(question: string): string {
  return question.length <= MOST_SAID ? question : `${question.slice(0, MOST_SAID - 1)}…`;
}
