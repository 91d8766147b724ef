import { expect, it } from "vitest";
import { emptyConversation, type Conversation } from "../state/chat.ts";
import { ChatStore, type ChatPorts } from "./chat-store.ts";

function kept(id: string, changedAtMs: number): Conversation {
  const turn = { id: `${id}-1`, question: `About ${id}?`, answer: "Yes.", state: { kind: "streaming" } } as const;
  return { ...emptyConversation(id), turns: [turn], changedAtMs };
}

function openStore(conversations: readonly Conversation[]): { store: ChatStore; stopped: string[] } {
  const stopped: string[] = [];
  const ports: ChatPorts = {
    shelf: {
      load: () => Promise.resolve(conversations),
      save: () => Promise.resolve(),
      remove: () => Promise.resolve(),
    },
    ask: () => undefined,
    stopAnswer: (id) => stopped.push(id),
    closeConversation: () => undefined,
  };
  return { store: new ChatStore(ports), stopped };
}

it("opens the newest conversation of the visits before, its cut answer ended", async () => {
  const { store } = openStore([kept("old", 1), kept("new", 3), kept("middle", 2)]);
  await store.load();
  expect(store.current.value.id).toBe("new");
  expect(store.current.value.turns[0]?.state.kind).toBe("failed");
  expect(store.isAnswering.value).toBe(false);
});

it("stays with what was begun before the earlier visits were read", async () => {
  const asked = openStore([kept("old", 1)]);
  const loading = asked.store.load();
  asked.store.ask("Hello?", 8);
  await loading;
  expect(asked.store.current.value.turns[0]?.question).toBe("Hello?");
  expect(asked.store.isAnswering.value).toBe(true);

  const changed = openStore([kept("old", 1)]);
  const reading = changed.store.load();
  changed.store.setSettings({ temperature: 1 });
  await reading;
  expect(changed.store.current.value.settings.temperature).toBe(1);
  expect(changed.store.conversations.value).toHaveLength(1);
});
