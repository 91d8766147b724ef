/** Above the conversation: which one it is, the others, and how answers are written. */
import { titleOf, toMarkdown, type ChatSettings } from "../state/chat.ts";
import type { ChatStore } from "./chat-store.ts";
import type { HostStore } from "./host-store.ts";

export function ChatHeader({ store: { chat } }: { readonly store: HostStore }) {
  const current = chat.current.value;
  const notKept = chat.whyNotKept.value;
  return (
    <div class="chat-header">
      <details class="menu">
        <summary>{titleOf(current)}</summary>
        <ConversationList chat={chat} />
      </details>
      <details class="menu">
        <summary>How it answers</summary>
        <AnswerSettings chat={chat} />
      </details>
      <button type="button" onClick={() => chat.create()}>
        New conversation
      </button>
      {notKept !== null && <p class="hint">{notKept}</p>}
    </div>
  );
}

function ConversationList({ chat }: { readonly chat: ChatStore }) {
  const conversations = chat.conversations.value;
  if (conversations.length === 0) return <p class="hint">No conversations yet. They stay in this browser.</p>;
  const currentId = chat.current.value.id;
  return (
    <ul class="conversations" aria-label="Conversations">
      {conversations.map((conversation) => {
        const title = titleOf(conversation);
        return (
          <li key={conversation.id}>
            <button
              class="title"
              type="button"
              aria-current={conversation.id === currentId}
              onClick={() => chat.select(conversation.id)}
            >
              {title}
            </button>
            <a
              class="button"
              href={`data:text/markdown;charset=utf-8,${encodeURIComponent(toMarkdown(conversation))}`}
              download={`${title.replace(/[^\p{L}\p{N}]+/gu, " ").trim() || "conversation"}.md`}
              aria-label={`Export ${title}`}
            >
              Export
            </a>
            <button type="button" aria-label={`Delete ${title}`} onClick={() => chat.remove(conversation.id)}>
              Delete
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function AnswerSettings({ chat }: { readonly chat: ChatStore }) {
  const { systemPrompt, temperature, seed } = chat.current.value.settings;
  const change = (settings: Partial<ChatSettings>) => chat.setSettings(settings);
  return (
    <div class="settings">
      <label class="field">
        What the model is told first (system prompt)
        <textarea
          rows={3}
          value={systemPrompt}
          onInput={(event) => change({ systemPrompt: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        Temperature: {temperature === 0 ? "0, always the likeliest word" : temperature}
        <input
          type="range"
          min={0}
          max={1.5}
          step={0.1}
          value={temperature}
          onInput={(event) => change({ temperature: event.currentTarget.valueAsNumber })}
        />
      </label>
      <label class="field">
        Seed: the same one gives the same answer
        <input
          type="number"
          min={0}
          max={2147483647}
          value={seed}
          disabled={temperature === 0}
          onInput={(event) => change({ seed: Math.max(0, Math.round(event.currentTarget.valueAsNumber) || 0) })}
        />
      </label>
    </div>
  );
}
