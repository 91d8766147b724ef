import { expect, it } from "vitest";
import type { AskOptions } from "../engine/api.ts";
import { emptyConversation, type Conversation } from "../state/chat.ts";
import type { Shelf, ShelfChange } from "../state/shelf.ts";
import { ChatStore, type ChatPorts } from "./chat-store.ts";

function kept(id: string, changedAtMs: number): Conversation {
  const turn = { id: `${id}-1`, question: `About ${id}?`, answer: "Yes.", state: { kind: "streaming" } } as const;
  return { ...emptyConversation(id), turns: [turn], changedAtMs };
}

/** One browser's database, and its tabs. */
class Browser {
  readonly kept: Map<string, Conversation>;
  readonly #tabs: ((change: ShelfChange) => void)[] = [];
  /** False: tabs do not hear of one another. */
  readonly #tells: boolean;

  constructor(conversations: readonly Conversation[], tells = true) {
    this.kept = new Map(conversations.map((each) => [each.id, each]));
    this.#tells = tells;
  }

  openTab(): {
    store: ChatStore;
    asked: AskOptions[];
    stopped: string[];
    answer: (text: string) => Promise<void>;
  } {
    const stopped: string[] = [];
    const asked: AskOptions[] = [];
    const tab = this.#tabs.length;
    const tell = (change: ShelfChange) => {
      if (this.#tells) this.#tabs.forEach((heard, other) => other !== tab && heard(change));
    };
    const shelf: Shelf = {
      load: () => Promise.resolve([...this.kept.values()]),
      save: async (conversation, replacesMs) => {
        await Promise.resolve();
        const now = this.kept.get(conversation.id);
        if (now === undefined && replacesMs !== null) return { kind: "gone" };
        if (now !== undefined && now.changedAtMs !== replacesMs) return { kind: "changed", kept: now };
        this.kept.set(conversation.id, conversation);
        tell({ kind: "saved", conversation });
        return { kind: "kept" };
      },
      remove: (id) => {
        this.kept.delete(id);
        tell({ kind: "removed", id });
        return Promise.resolve();
      },
      watch: (heard) => this.#tabs.push(heard),
    };
    const ports: ChatPorts = {
      shelf,
      ask: (options) => asked.push(options),
      stopAnswer: (id) => stopped.push(id),
      closeConversation: () => undefined,
    };
    const store = new ChatStore(ports);
    const timings = { promptTokens: 0, reusedTokens: 0, prefillMs: 0, timeToFirstTokenMs: 0, decodeMs: 0, laps: 0 };
    const answer = async (text: string) => {
      const id = asked.at(-1)?.id ?? "";
      store.take({ kind: "finished", id, finish: "stop", reason: null, text, ids: [], output: [1], timings });
      await settled();
    };
    return { store, asked, stopped, answer };
  }

  /** Of all that is kept, conversation by conversation. */
  get questions(): readonly (readonly string[])[] {
    return [...this.kept.values()].map(({ turns }) => turns.map(({ question }) => question));
  }
}

/** Saves are chains of promises, without timers where no answer is open. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

const openStore = (conversations: readonly Conversation[]) => new Browser(conversations).openTab();

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

async function twoTabs(tells: boolean) {
  const browser = new Browser([kept("old", 1)], tells);
  const [a, b] = [browser.openTab(), browser.openTab()];
  for (const { store } of [a, b]) await store.load();
  return { browser, a, b };
}

it("C1: tabs that hear of one another go on in one conversation", async () => {
  const { browser, a, b } = await twoTabs(true);
  b.store.ask("Apple?", 8);
  await b.answer("Yes.");
  a.store.ask("Banana?", 8);
  await a.answer("No.");
  a.store.ask("Cherry?", 8);
  await a.answer("No.");
  expect(browser.questions).toEqual([["About old?", "Apple?", "Banana?", "Cherry?"]]);
  expect(b.store.current.value.turns).toHaveLength(4);
});

it.each([true, false])(
  "C2: what two tabs asked at the same time is kept as two conversations (they hear: %s)",
  async (tells) => {
    const { browser, a, b } = await twoTabs(tells);
    a.store.ask("Banana?", 8);
    b.store.ask("Apple?", 8);
    await b.answer("Yes.");
    await a.answer("No.");
    expect(a.store.news.value).toContain("another tab");
    a.store.ask("Cherry?", 8);
    await a.answer("No.");
    expect(browser.questions).toEqual([
      ["About old?", "Apple?"],
      ["About old?", "Banana?", "Cherry?"],
    ]);
    expect(a.store.current.value.turns.at(-2)?.answer).toBe("No.");
    expect(a.store.conversations.value).toHaveLength(2);
  },
);

it.each([true, false])(
  "C3: a deleted conversation stays deleted when another tab asks (they hear: %s)",
  async (tells) => {
    const { browser, a, b } = await twoTabs(tells);
    b.store.remove("old");
    a.store.ask("Banana?", 8);
    await a.answer("No.");
    expect(browser.kept.has("old")).toBe(false);
    expect(browser.questions).toEqual(tells ? [["Banana?"]] : []);
  },
);

it("a deletion is undone, with the answer as far as it came, in all tabs", async () => {
  const { browser, a, b } = await twoTabs(true);
  a.store.ask("Banana?", 8);
  a.store.remove("old");
  expect(a.stopped).toHaveLength(1);
  await a.answer("Half");
  expect(browser.kept.size).toBe(0);
  expect(b.store.conversations.value).toEqual([]);
  a.store.putBack("old");
  a.store.select("old");
  await settled();
  expect(browser.kept.get("old")?.turns.at(-1)?.answer).toBe("Half");
  expect(b.store.conversations.value).toHaveLength(1);
  a.store.forgetRemoved();
  a.store.putBack("old");
  expect(a.store.conversations.value).toHaveLength(1);
});

it("another temperature is one answer's alone, by another chance each time; the conversation's stays", async () => {
  const { store, asked, answer } = openStore([]);
  store.ask("Sea?", 8);
  await answer("The sea, the sea.");
  for (const own of [0.7, 0.7, undefined]) {
    store.askAgain(store.current.value.turns[0]?.id ?? "", 8, own);
    expect(store.current.value.turns[0]?.temperature).toBe(own);
    await answer("Waves.");
  }
  const { turns, settings } = store.current.value;
  expect(turns.map(({ question }) => question)).toEqual(["Sea?"]);
  expect(settings.temperature).toBe(0);
  expect(asked.map(({ policy }) => policy.temperature)).toEqual([0, 0.7, 0.7, 0]);
  expect(new Set(asked.slice(0, 3).map(({ policy }) => policy.seed)).size).toBe(3);
});

it("an answer that was cut makes place at once; what the engine still tells of it is not heard", async () => {
  const { store, asked, stopped, answer } = openStore([]);
  store.ask("Sea?", 8);
  const cut = asked[0]?.id ?? "";
  const token = { kind: "token", id: cut, token: 1, chosen: 1, margin: 1, logProb: 0 } as const;
  store.take({ ...token, text: "The sea, " });
  store.cut();
  expect(stopped).toEqual([cut]);
  expect(store.current.value.turns[0]).toMatchObject({ answer: "The sea, ", state: { kind: "stopped" } });
  store.askAgain(cut, 8, 0.7);
  store.take({ ...token, text: "the sea." });
  expect(store.current.value.turns.map((turn) => turn.answer)).toEqual([""]);
  await answer("Waves.");
  expect(store.current.value.turns.map((turn) => turn.answer)).toEqual(["Waves."]);
});
