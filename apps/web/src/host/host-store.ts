/** What the host's page shows and does: one session, its ring, one conversation. */
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import type { PeerId } from "@jupiter/protocol";
import type { HostSession, RingOptions } from "../session/host-session.ts";
import type { HostLayers } from "../session/place-layers.ts";
import { emptyConversation, messagesFor, openTurn, step, type Conversation } from "../state/chat.ts";
import type { Offer } from "../state/offers.ts";
import { nextRingView, takingPart, whyNotAsk, type RingView } from "../state/ring-view.ts";

export interface Settings {
  readonly modelId: string;
  readonly backend: RingOptions["compute"]["backend"];
  /** Where this device computes layers, as soon as others do too. */
  readonly hostLayers: Exclude<HostLayers, "all">;
  /** Of one answer. */
  readonly maxTokens: number;
}

/** Slots per conversation: what the smallest models were trained for fits into a phone's memory four times over. */
const CAPACITY = 4096;
const ARENAS = 2;
/** Rows that keep a stage busy without making the ring wait; found by `npm run bench`. */
const CHUNK_ROWS = 64;
const CHUNKS_IN_FLIGHT = 3;

export class HostStore {
  readonly session: HostSession;
  readonly offers: readonly Offer[];
  /** The link that lets other devices in. */
  readonly invitation: string;
  readonly settings;
  readonly leftOut = signal<ReadonlySet<PeerId>>(new Set());
  readonly ring = signal<RingView>({ kind: "none" });
  readonly conversation = signal<Conversation>(emptyConversation(crypto.randomUUID()));
  /** Donors of the next ring. */
  readonly chosen: ReadonlySignal<readonly PeerId[]>;
  readonly whyNotAsk: ReadonlySignal<string | null>;
  #isGivenUp = false;

  constructor(session: HostSession, offers: readonly [Offer, ...Offer[]], origin: string) {
    this.session = session;
    this.invitation = `${origin}/${session.link}`;
    this.offers = offers;
    this.settings = signal<Settings>({ modelId: offers[0].id, backend: "auto", hostLayers: "first", maxTokens: 512 });
    this.chosen = computed(() => takingPart(session.devices.value, this.leftOut.value));
    this.whyNotAsk = computed(() => whyNotAsk(this.ring.value));
    effect(() => {
      const state = session.ring.value;
      this.ring.value = nextRingView(this.ring.peek(), state, this.#isGivenUp);
      if (state.kind === "lost") this.#endOpenAnswer(state.message);
    });
    session.events.on("answer", (event) => (this.conversation.value = step(this.conversation.value, event)));
  }

  get model(): Offer | undefined {
    return this.offers.find(({ id }) => id === this.settings.value.modelId);
  }

  setLeftOut(peer: PeerId, isLeftOut: boolean): void {
    const peers = new Set(this.leftOut.value);
    if (isLeftOut) peers.add(peer);
    else peers.delete(peer);
    this.leftOut.value = peers;
  }

  /** With the devices that are chosen now. What goes wrong is the ring's state. */
  async start(): Promise<void> {
    const { model } = this;
    if (model === undefined) return;
    this.#isGivenUp = false;
    const { backend, hostLayers } = this.settings.value;
    const donors = this.chosen.value;
    await this.session
      .start({
        model,
        donors,
        hostLayers: donors.length === 0 ? "all" : hostLayers,
        compute: { backend, threads: 1 },
        wire: "f16",
        capacity: Math.min(CAPACITY, model.contextLength),
        arenas: ARENAS,
        chunkRows: CHUNK_ROWS,
        maxInFlight: CHUNKS_IN_FLIGHT,
      })
      .catch(() => undefined);
  }

  async giveUpStart(): Promise<void> {
    this.#isGivenUp = true;
    await this.session.end("The start was given up.");
  }

  ask(question: string): void {
    if (this.whyNotAsk.value !== null || openTurn(this.conversation.value) !== null) return;
    const id = crypto.randomUUID();
    const { value: conversation } = this.conversation;
    this.conversation.value = step(conversation, { kind: "asked", id, question });
    this.session.ask({
      id,
      conversation: conversation.id,
      prompt: { kind: "chat", messages: messagesFor(conversation, question, "") },
      maxTokens: this.settings.value.maxTokens,
      policy: { temperature: 0, topP: 1, topK: 0, seed: 0 },
      stop: [],
    });
  }

  stop(): void {
    const open = openTurn(this.conversation.value);
    if (open !== null) this.session.stopAnswer(open.id);
  }

  newConversation(): void {
    this.stop();
    this.session.closeConversation(this.conversation.value.id);
    this.conversation.value = emptyConversation(crypto.randomUUID());
  }

  /** An engine that is gone cannot say so for its answers; one that lives has ended them already. */
  #endOpenAnswer(message: string): void {
    const conversation = this.conversation.peek();
    const open = openTurn(conversation);
    if (open === null) return;
    const timings = { promptTokens: 0, reusedTokens: 0, prefillMs: 0, timeToFirstTokenMs: 0, decodeMs: 0, laps: 0 };
    const ending = {
      kind: "finished",
      finish: "failed",
      reason: message,
      text: open.answer,
      output: [],
      timings,
    } as const;
    this.conversation.value = step(conversation, { ...ending, id: open.id });
  }
}
