/** What the host's page shows and does beside the chat: one session, its devices, its ring. */
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import type { PeerId } from "@jupiter/protocol";
import { keepChoices, keptChoices } from "../browser/kept-choices.ts";
import type { OpenedRoom } from "../compose.ts";
import type { FinishedAnswer } from "../engine/api.ts";
import { maxPledgeBytes, ownBackends } from "../session/device.ts";
import type { Device } from "../session/donor-proxy.ts";
import type { HostSession } from "../session/host-session.ts";
import type { HostLayers } from "../session/place-layers.ts";
import type { RingOptions } from "../session/ring.ts";
import { messagesFor, openTurn } from "../state/chat.ts";
import { fitOf, type Fit } from "../state/fit.ts";
import { measuredSpeed, paceOf, speedOf, type MeasuredSpeed } from "../state/model-speed.ts";
import { draftFor, type Offer } from "../state/offers.ts";
import { aboutTokens, mostTokens, type PromptLength } from "../state/prompt-length.ts";
import { afterLap, afterToken, beforeAnswer, STILL, type Pulse } from "../state/pulse.ts";
import { nextRingView, ringDonors, takingPart, whyNotAsk, type RingView } from "../state/ring-view.ts";
import type { Shelf } from "../state/shelf.ts";
import { texts } from "../texts/index.ts";
import { ChatStore } from "./chat-store.ts";
import { ModelStore } from "./model-store.ts";

export interface Settings {
  readonly modelId: string;
  readonly backend: RingOptions["compute"]["backend"];
  /** Where this device computes layers, as soon as others do too. */
  readonly hostLayers: Exclude<HostLayers, "all">;
  /** The last device may have the LM head, and so read the answers. */
  readonly headMoves: boolean;
  /** Those that slow the ring down take no part. */
  readonly leavesOut: boolean;
  /** Of one answer. */
  readonly maxTokens: number;
  /** Of one conversation; a model that was trained for fewer has fewer. */
  readonly contextTokens: number;
  /** Conversations whose cache is kept at once. */
  readonly arenas: number;
  /** That this tab may hold. */
  readonly memoryBytes: number;
  /** With a smaller model besides, for conversations that guess ahead. */
  readonly guessesWithModel: boolean;
}

/** What the smallest models were trained for fits into a phone's memory four times over. */
const CONTEXT_TOKENS = 4096;
const MAX_TOKENS = 512;
const ARENAS = 2;
const CHUNKS_IN_FLIGHT = 3;

export class HostStore {
  readonly session: HostSession;
  readonly models: ModelStore;
  /** The link that lets other devices in. */
  readonly invitation: ReadonlySignal<string>;
  /** The room was there before this tab was reloaded. */
  readonly isReopened: boolean;
  /** The invitation is in view: from the start, where it takes the ring no room, until a ring runs with other devices. */
  readonly isInviting = signal(matchMedia("(min-width: 48rem)").matches);
  readonly settings;
  readonly leftOut = signal<ReadonlySet<PeerId>>(new Set());
  readonly ring = signal<RingView>({ kind: "none" });
  readonly chat: ChatStore;
  readonly pulse = signal<Pulse>(STILL);
  /** Donors of the next ring. */
  readonly chosen: ReadonlySignal<readonly PeerId[]>;
  readonly whyNotAsk: ReadonlySignal<string | null>;
  /** Names of devices that the last start left out, as they can hold no layer. */
  readonly tooSmall = computed(() => this.#tooSmall.value.map(({ name }) => name));
  /** The ring that runs was kept when another was asked for: the new one needs the server, which is still away. */
  readonly keptForServer = computed(() => this.#isRefused.value && this.session.room.value.kind !== "connected");
  readonly #isRefused = signal(false);
  readonly #tooSmall = signal<readonly Pick<Device, "peer" | "name">[]>([]);
  /** Of the last answer that tells; null: none did. */
  readonly #speed = signal<MeasuredSpeed | null>(null);
  /** Of the last start. */
  #backend: Settings["backend"] = "auto";
  #capacity = 0;
  #isGivenUp = false;

  constructor(
    { session, isReopened }: OpenedRoom,
    offers: readonly [Offer, ...Offer[]],
    address: string,
    shelf: Shelf,
  ) {
    this.isReopened = isReopened;
    this.session = session;
    this.invitation = computed(() => `${address}${session.link.value}`);
    this.models = new ModelStore({
      offers,
      inspect: (source, id) => session.engine.api.inspect(source, id),
      added: (offer) => this.choose(offer),
    });
    const { modelId, maxTokens = MAX_TOKENS } = keptChoices();
    this.settings = signal<Settings>({
      modelId: offers.find(({ id }) => id === modelId)?.id ?? offers[0].id,
      backend: "auto",
      hostLayers: "first",
      headMoves: false,
      leavesOut: false,
      maxTokens,
      contextTokens: CONTEXT_TOKENS,
      arenas: ARENAS,
      memoryBytes: maxPledgeBytes(),
      guessesWithModel: false,
    });
    effect(() => {
      const { modelId, maxTokens } = this.settings.value;
      keepChoices({ modelId, maxTokens });
      session.asks.longest = maxTokens;
    });
    this.chosen = computed(() => takingPart(session.devices.value, this.leftOut.value));
    this.whyNotAsk = computed(() => whyNotAsk(this.ring.value));
    this.chat = new ChatStore({
      shelf,
      ask: (options) => {
        this.pulse.value = beforeAnswer(this.pulse.value);
        session.ask(options);
      },
      stopAnswer: (id) => session.stopAnswer(id),
      closeConversation: (id) => session.closeConversation(id),
    });
    effect(() => {
      const state = session.ring.value;
      const before = this.ring.peek();
      const now = (this.ring.value = nextRingView(before, state, this.#isGivenUp));
      // Layers that move fold nothing away that a person opened since.
      const isStarted = before.kind !== "ready" && !(state.kind === "ready" && state.shifts.length > 0);
      if (isStarted && ringDonors(now).length > 0) this.isInviting.value = false;
      if (state.kind !== "ready") this.pulse.value = STILL;
      if (state.kind === "lost") this.chat.endAll(state.message);
    });
    session.events.on("returned", ({ former, peer }) => {
      if (!this.leftOut.peek().has(former)) return;
      this.leftOut.value = new Set([...this.leftOut.peek()].map((each) => (each === former ? peer : each)));
      this.#tooSmall.value = this.#tooSmall.peek().map((each) => (each.peer === former ? { ...each, peer } : each));
    });
    session.events.on("lap", (lap) => (this.pulse.value = afterLap(this.pulse.value, lap)));
    session.events.on("answer", (event) => {
      if (event.kind === "finished") this.#measure(event);
      else this.pulse.value = afterToken(this.pulse.value);
      this.chat.take(event);
    });
    void this.chat.load();
  }

  get model(): Offer | undefined {
    return this.models.offers.value.find(({ id }) => id === this.settings.value.modelId);
  }

  /** Somebody would miss this page: a ring runs or starts, or other devices are here. */
  get isInUse(): boolean {
    const { kind } = this.ring.value;
    return kind === "ready" || kind === "starting" || this.session.devices.value.length > 0;
  }

  choose({ id }: Offer): void {
    this.settings.value = { ...this.settings.value, modelId: id };
  }

  /** Tokens a second, from what the devices that would take part took for the last answer; null: nothing of them is known. */
  speedOf({ form }: Offer): number | null {
    const now = { donors: this.chosen.value, backend: this.settings.value.backend };
    return form === null ? null : speedOf(form, this.#speed.value, now);
  }

  /** Whether the devices that would take part could hold the model; null: its header is not known. */
  fitOf(offer: Offer): Fit | null {
    return this.#fitWith(offer, this.#draft);
  }

  /** The smaller model that could guess for the chosen one; null: there is none. */
  get draftOffer(): Offer | null {
    return this.model === undefined ? null : draftFor(this.model, this.models.offers.value);
  }

  /** The devices could hold it besides. */
  get draftFits(): boolean {
    return this.model !== undefined && this.#fitWith(this.model, this.draftOffer)?.kind === "fits";
  }

  /** At once where a ring answers, else with the next one. */
  setGuessesWithModel(guessesWithModel: boolean): void {
    this.settings.value = { ...this.settings.value, guessesWithModel };
    if (this.ring.value.kind === "ready") void this.session.draft.use(this.#draft, this.capacity);
  }

  get #draft(): Offer | null {
    return this.settings.value.guessesWithModel ? this.draftOffer : null;
  }

  #fitWith({ form, contextLength }: Offer, draft: Offer | null, chosen = this.chosen.value): Fit | null {
    if (form === null) return null;
    const { backend, arenas, memoryBytes, contextTokens, headMoves } = this.settings.value;
    const donors = chosen.flatMap((peer) => {
      const device = this.session.devices.value.find((candidate) => candidate.peer === peer);
      return device === undefined ? [] : [{ ...device, seat: peer, memoryBytes: device.memoryPledgeBytes }];
    });
    const host = { seat: "host", name: "this device", memoryBytes, backends: ownBackends() } as const;
    return fitOf(form, {
      devices: [...donors, host],
      hostLayers: this.#hostLayers(donors.length),
      head: headMoves ? "best" : "host",
      backend,
      arenas,
      capacity: Math.min(contextTokens, contextLength),
      draft: draft?.form ?? null,
    });
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
    this.#isRefused.value =
      this.ring.value.kind === "ready" && this.session.missesServer({ model, donors: this.chosen.value });
    if (this.#isRefused.value) return;
    this.#isGivenUp = false;
    const { backend, arenas, memoryBytes, leavesOut, headMoves } = this.settings.value;
    const draft = this.#draft;
    this.#leaveOutTooSmall(model, draft);
    const donors = this.chosen.value;
    this.#backend = backend;
    this.#capacity = this.capacity;
    await this.session
      .start({
        model,
        donors,
        hostLayers: this.#hostLayers(donors.length),
        head: headMoves ? "best" : "host",
        hostMemoryBytes: memoryBytes,
        leavesOut,
        moves: true,
        compute: { backend, threads: 1 },
        wire: "f16",
        capacity: this.#capacity,
        arenas,
        maxInFlight: CHUNKS_IN_FLIGHT,
        ...(draft === null ? {} : { draft }),
      })
      .catch(() => undefined);
  }

  /** Devices that said they cannot go on, where the others suffice without them. */
  get dispensable(): readonly Device[] {
    const { model, chosen } = this;
    const failed = this.session.devices.value.filter(
      ({ peer, state }) => state.kind === "failed" && chosen.value.includes(peer),
    );
    const others = chosen.value.filter((peer) => !failed.some((device) => device.peer === peer));
    const suffice = model !== undefined && this.#fitWith(model, this.#draft, others)?.kind === "fits";
    return suffice ? failed : [];
  }

  async startWithout(devices: readonly Device[]): Promise<void> {
    for (const { peer } of devices) this.setLeftOut(peer, true);
    await this.start();
  }

  /** By a ring that is started first where there is none. False: it did not start, and nothing was asked. */
  ask(text: string): Promise<boolean> {
    return this.#byRing(() => this.chat.ask(text, this.settings.value.maxTokens));
  }

  /** Like `ask`, in the place of this turn and of all that followed. */
  askInstead(turnId: string, question: string): Promise<boolean> {
    return this.#byRing(() => this.chat.askInstead(turnId, question, this.settings.value.maxTokens));
  }

  /** Like `ask`, with the question of this turn. */
  askAgain(turnId: string): Promise<boolean> {
    return this.#byRing(() => this.chat.askAgain(turnId, this.settings.value.maxTokens));
  }

  /** Its answer alone, with this temperature; one that is being written ends. */
  askAgainWith(temperature: number, turnId: string): Promise<boolean> {
    if (openTurn(this.chat.current.value)?.id === turnId) this.chat.cut();
    return this.#byRing(() => this.chat.askAgain(turnId, this.settings.value.maxTokens, temperature));
  }

  async #byRing(ask: () => void): Promise<boolean> {
    const { id } = this.chat.current.value;
    if (this.ring.value.kind !== "ready") await this.start();
    const { current } = this.chat;
    // Another conversation may have been opened while the ring started: the question is not that one's.
    if (this.whyNotAsk.value !== null || current.value.id !== id || openTurn(current.value) !== null) return false;
    ask();
    return true;
  }

  /** Devices that can hold no layer, where the others suffice: a ring that is to have them all would never start. */
  #leaveOutTooSmall(model: Offer, draft: Offer | null): void {
    for (const { peer } of this.#tooSmall.value) this.setLeftOut(peer, false);
    const fit = this.#fitWith(model, draft);
    const tooSmall = this.chosen.value.filter((peer) => fit?.kind === "too-little" && fit.tooSmall.includes(peer));
    const others = this.chosen.value.filter((peer) => !tooSmall.includes(peer));
    const areNeedless = tooSmall.length > 0 && this.#fitWith(model, draft, others)?.kind === "fits";
    const named = this.session.devices.value.filter(({ peer }) => areNeedless && tooSmall.includes(peer));
    for (const { peer } of named) this.setLeftOut(peer, true);
    this.#tooSmall.value = named;
  }

  async giveUpStart(): Promise<void> {
    this.#isGivenUp = true;
    await this.session.end(texts.room.givenUp);
  }

  /** Slots of one conversation, in the next ring. */
  get capacity(): number {
    const { contextTokens } = this.settings.value;
    return Math.min(contextTokens, this.model?.contextLength ?? contextTokens);
  }

  /** Of the ring that would be asked now. */
  get capacityNow(): number {
    return this.ring.value.kind === "ready" ? this.#capacity : this.capacity;
  }

  /** Of what asking this would send; null: it fits, whatever a tokenizer makes of it. */
  async promptLength(question: string): Promise<PromptLength | null> {
    const conversation = this.chat.current.peek();
    const messages = messagesFor(conversation, question.trim());
    if (mostTokens(messages) < this.capacityNow) return null;
    const prompt = { kind: "chat", messages } as const;
    const isReady = this.ring.peek().kind === "ready";
    const counted = isReady ? await this.session.promptTokens({ conversation: conversation.id, prompt }) : null;
    return { tokens: counted ?? aboutTokens(messages), isExact: counted !== null };
  }

  #measure(answer: FinishedAnswer): void {
    const view = this.ring.peek();
    const tokensPerSecond = paceOf(answer);
    if (view.kind !== "ready" || tokensPerSecond === null) return;
    const { stageMs, headMs } = this.pulse.peek();
    const ring = { donors: ringDonors(view), backend: this.#backend };
    this.#speed.value = measuredSpeed(view.ring.checkpoint, { tokensPerSecond, stageMs, headMs }, ring);
  }

  #hostLayers(donors: number): HostLayers {
    return donors === 0 ? "all" : this.settings.value.hostLayers;
  }
}
