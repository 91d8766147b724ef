/** Above the conversation: which one it is, the others, and how answers are written. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { OutlineChoice } from "../engine/api.ts";
import {
  MAX_SEED,
  newestFirst,
  seedFrom,
  titleOf,
  toMarkdown,
  type ChatSettings,
  type Conversation,
} from "../state/chat.ts";
import { texts } from "../texts/index.ts";
import type { ChatStore } from "./chat-store.ts";
import { DraftChoice } from "./draft-choice.tsx";
import type { HostStore } from "./host-store.ts";

export function ChatHeader({ store }: { readonly store: HostStore }) {
  const { chat } = store;
  const current = chat.current.value;
  const notKept = chat.whyNotKept.value;
  const list = useRef<HTMLDetailsElement>(null);
  // Where it lies over the conversation, a click on that closes it.
  useEffect(() => {
    const close = (event: MouseEvent) => {
      if (list.current === null || event.composedPath().includes(list.current)) return;
      if (matchMedia("(min-width: 48rem)").matches) list.current.open = false;
    };
    document.addEventListener("click", close);
    return () => document.removeEventListener("click", close);
  }, []);
  const closeList = () => {
    if (list.current === null) return;
    list.current.open = false;
    list.current.querySelector("summary")?.focus();
  };
  return (
    <div class="chat-header">
      <details
        ref={list}
        class="menu"
        name="chat-menu"
        onKeyDown={(event) => {
          if (event.key === "Escape") closeList();
        }}
        onToggle={(event) => {
          if (!event.currentTarget.open) chat.forgetRemoved();
        }}
      >
        <summary>{titleOf(current)}</summary>
        <ConversationList
          chat={chat}
          select={(id) => {
            chat.select(id);
            closeList();
          }}
        />
      </details>
      <details class="menu" name="chat-menu">
        <summary>{texts.chat.settings}</summary>
        <AnswerSettings store={store} />
      </details>
      <button type="button" onClick={() => chat.create()}>
        {texts.chat.newConversation}
      </button>
      <p class="hint" role="status" hidden={chat.news.value === null}>
        {chat.news.value}
      </p>
      {notKept !== null && <p class="hint">{notKept}</p>}
    </div>
  );
}

interface ConversationListProps {
  readonly chat: ChatStore;
  readonly select: (id: string) => void;
}

/** Those deleted stay in their place until the list is closed: nothing slides under the pointer, and each can be put back. */
function ConversationList({ chat, select }: ConversationListProps) {
  const removed = chat.removed.value;
  const conversations = newestFirst([...chat.conversations.value, ...removed]);
  if (conversations.length === 0) return <p class="hint">{texts.chat.noConversations}</p>;
  return (
    <ul class="conversations" aria-label={texts.chat.conversations}>
      {conversations.map((conversation) => (
        <ConversationItem
          key={conversation.id}
          chat={chat}
          select={select}
          conversation={conversation}
          isRemoved={removed.includes(conversation)}
        />
      ))}
    </ul>
  );
}

interface ConversationItemProps extends ConversationListProps {
  readonly conversation: Conversation;
  readonly isRemoved: boolean;
}

function ConversationItem({ chat, select, conversation, isRemoved }: ConversationItemProps) {
  const { id } = conversation;
  const title = titleOf(conversation);
  // Not at every token of another conversation.
  const file = useMemo(
    () => `data:text/markdown;charset=utf-8,${encodeURIComponent(toMarkdown(conversation))}`,
    [conversation],
  );
  return (
    <li>
      {isRemoved ? (
        <span class="title" role="status">
          {texts.chat.deleted} {title}
        </span>
      ) : (
        <>
          <button class="title" type="button" aria-current={id === chat.current.value.id} onClick={() => select(id)}>
            {title}
          </button>
          <a
            class="button"
            href={file}
            download={`${title.replace(/[^\p{L}\p{N}]+/gu, " ").trim() || texts.chat.exportName}.md`}
            aria-label={texts.chat.exportOf(title)}
          >
            {texts.chat.export}
          </a>
        </>
      )}
      {/* One button for both: it keeps the focus. */}
      <button
        key="delete"
        class="quiet"
        type="button"
        aria-label={isRemoved ? texts.chat.undoOf(title) : texts.chat.deleteOf(title)}
        onClick={(event) => {
          // The second click of a double one on Delete lands on Undo.
          if (event.detail > 1) return;
          if (isRemoved) chat.putBack(id);
          else chat.remove(id);
        }}
      >
        {isRemoved ? texts.chat.undo : texts.chat.delete}
      </button>
    </li>
  );
}

function AnswerSettings({ store }: { readonly store: HostStore }) {
  const { chat } = store;
  const { systemPrompt, temperature, seed, outline = "off", guessesAhead = false } = chat.current.value.settings;
  const change = (settings: Partial<ChatSettings>) => chat.setSettings(settings);
  return (
    <div class="settings">
      <label class="field">
        {texts.chat.systemPrompt}
        <textarea
          rows={3}
          value={systemPrompt}
          onInput={(event) => change({ systemPrompt: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        {texts.chat.temperature(temperature)}
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
        {texts.chat.seed}
        <input
          type="number"
          min={0}
          max={MAX_SEED}
          value={seed}
          disabled={temperature === 0}
          onInput={(event) => change({ seed: seedFrom(event.currentTarget.valueAsNumber) })}
          // What was typed may be no seed, and the one that counts has not changed.
          onBlur={(event) => (event.currentTarget.value = `${seed}`)}
        />
      </label>
      <label class="field">
        {texts.chat.outline}
        <select value={outline} onChange={(event) => change({ outline: event.currentTarget.value as OutlineChoice })}>
          {(["off", "auto", "on"] as const).map((choice) => (
            <option key={choice} value={choice}>
              {texts.chat.outlineChoices[choice]}
            </option>
          ))}
        </select>
        <span class="hint">{texts.chat.outlineHint}</span>
      </label>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={guessesAhead}
          onChange={(event) => change({ guessesAhead: event.currentTarget.checked })}
        />
        {texts.chat.guessAhead}
      </label>
      <p class="hint">{texts.chat.guessAheadHint}</p>
      {guessesAhead && <DraftChoice store={store} />}
    </div>
  );
}
