/** The chat of a device that joined, fetched when there is something to ask or to read: what renders Markdown is not for those who only look. */
import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Notice } from "../shared/notice.tsx";
import { texts } from "../texts/index.ts";
import type { OwnChat, OwnChatProps } from "./own-chat.tsx";

export function ChatWhenFetched(props: OwnChatProps) {
  const chat = useMemo(() => signal<{ readonly Chat: typeof OwnChat } | "fetching" | "not-fetched">("fetching"), []);
  useEffect(() => {
    import("./own-chat.tsx").then(
      ({ OwnChat: Chat }) => (chat.value = { Chat }),
      () => (chat.value = "not-fetched"),
    );
  }, [chat]);
  if (chat.value === "fetching") return null;
  if (chat.value === "not-fetched") return <Notice tone="bad" text={texts.asking.notFetched} />;
  const { Chat } = chat.value;
  return <Chat {...props} />;
}
