/** Words that a person must see: what happened and what to do next. */
import type { ComponentChildren } from "preact";

export interface NoticeProps {
  readonly tone: "info" | "bad";
  readonly title?: string;
  readonly text: string;
  /** Buttons, or more words. */
  readonly children?: ComponentChildren;
}

export function Notice({ tone, title, text, children }: NoticeProps) {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <div>
        {title !== undefined && <strong>{title}</strong>}
        <p>{text}</p>
      </div>
      {children !== undefined && <div class="actions">{children}</div>}
    </div>
  );
}
