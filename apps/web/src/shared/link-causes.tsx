/** Two devices that do not reach each other: why that happens, the likeliest reason first, and what helps. */
import { isApple } from "../session/device.ts";
import { likelyCauses } from "../state/trouble.ts";
import { sentence } from "../state/words.ts";
import { texts } from "../texts/index.ts";

interface LinkCausesProps {
  readonly title: string;
  /** What the link itself said. */
  readonly message?: string;
  /** A TURN server is there. */
  readonly hasRelay: boolean;
}

export function LinkCauses({ title, message, hasRelay }: LinkCausesProps) {
  const { linkTrouble } = texts;
  const causes = likelyCauses({ isApple: isApple(), hasTurn: hasRelay });
  return (
    <div class="failure" role="alert">
      <strong>{title}</strong>
      {message !== undefined && <p>{sentence(message)}</p>}
      <p>{linkTrouble.intro}</p>
      {causes.map((cause) => (
        <p key={cause} class="hint cause">
          {linkTrouble.causes[cause]}
        </p>
      ))}
      <p>{linkTrouble.retries}</p>
    </div>
  );
}
