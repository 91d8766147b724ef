/** Code of an answer, with a way to take it along. */
import { signal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { texts } from "../texts/index.ts";

interface CodeBlockProps {
  readonly code: string;
  /** As the model names it; may be empty. */
  readonly language: string;
}

export function CodeBlock({ code, language }: CodeBlockProps) {
  const pre = useRef<HTMLPreElement>(null);
  const outcome = useMemo(() => signal<"none" | "copied" | "failed">("none"), []);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      outcome.value = "copied";
    } catch {
      // Some browsers ask first, some never allow it: the code lies selected for a copy by hand.
      if (pre.current !== null) getSelection()?.selectAllChildren(pre.current);
      outcome.value = "failed";
    }
  };
  const { chat } = texts;
  const label = { none: chat.copyCode, copied: chat.codeCopied, failed: chat.copyFailed }[outcome.value];
  return (
    <div class="code-block">
      <div class="code-head">
        <span>{language || chat.code}</span>
        <button class="quiet" type="button" aria-live="polite" onClick={() => void copy()}>
          {label}
        </button>
      </div>
      <pre ref={pre} tabIndex={0} role="group" aria-label={chat.code}>
        <code>{code}</code>
      </pre>
    </div>
  );
}
