/** The page cannot go on, whatever is pressed: why, and what to do. */
import { Brand } from "./brand.tsx";
import { Notice } from "./notice.tsx";

interface StandstillProps {
  readonly title: string;
  readonly text: string;
}

export function Standstill({ title, text }: StandstillProps) {
  return (
    <main class="donor">
      <Brand />
      <Notice tone="bad" title={title} text={text} />
    </main>
  );
}
