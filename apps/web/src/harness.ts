/**
 * `/?harness`: the host without its page, for `npm run ring`, benchmarks and scenario tests. Everything below the page is the real thing.
 * Values that cross to the test runner are plain JSON.
 */
import type { PeerId } from "@jupiter/protocol";
import type { AnswerEvent, AskOptions } from "./engine/api.ts";
import { isVetoed, ROUTER_TOKENS, routeOf, routerMessages } from "./engine/outline-text.ts";
import type { ProbeFrame, ProbeResult } from "./engine/probe.ts";
import type { HostDriver, LapEvent } from "@jupiter/pipeline";
import type { Device } from "./session/donor-proxy.ts";
import { openRoom } from "./compose.ts";
import type { DraftState } from "./session/draft-part.ts";
import type { Suspicions } from "./session/suspicions.ts";
import type { HostSession } from "./session/host-session.ts";
import type { Model, RingOptions, RingState } from "./session/ring.ts";
import { scheduleHarness, type ScheduleHarness } from "./schedule-tab.ts";
import { tabHarness, type TabHarness } from "./tab-harness.ts";

export interface HarnessAnswer {
  /** With the time at which the host told of each. */
  readonly tokens: readonly (Extract<AnswerEvent, { kind: "token" }> & { readonly atMs: number })[];
  readonly finished: Extract<AnswerEvent, { kind: "finished" }>;
  /** Likewise. */
  readonly laps: readonly (LapEvent & { readonly atMs: number })[];
}

export interface Harness extends TabHarness {
  /** Opens a room; the link's fragment. */
  open(name: string): Promise<string>;
  /** The host's own id in the room. */
  peer(): PeerId;
  devices(): readonly Device[];
  ring(): RingState;
  draft(): DraftState;
  /** Resolves when the ring can be asked. `donors`: by default all that are there, in the order they came. */
  start(
    options: Omit<RingOptions, "donors" | "model" | "draft" | "medusa"> & {
      readonly model: Model & { readonly source: string };
      readonly draft?: Model & { readonly source: string };
      readonly medusa?: string;
      readonly donors?: readonly PeerId[];
    },
  ): Promise<RingState>;
  /** Takes a donor out of the room; the link's new fragment. */
  remove(peer: PeerId): Promise<string>;
  suspicions(): Suspicions;
  /** Tokens of the answer that is being written. */
  written(): number;
  /** Rejects where an answer fails. */
  ask(options: AskOptions): Promise<HarnessAnswer>;
  stop(id: string): void;
  closeConversation(conversation: string): void;
  /** Questions, frames and cache slots that the host counts at this moment. */
  holds(): Promise<HostDriver["holds"]>;
  /** What veto and router say of a question, whether or not the veto would keep it from the router. Null: the model said something else. */
  route(question: string): Promise<{ readonly isVetoed: boolean; readonly route: "A" | "B" | "C" | null }>;
  /** Frames of any form; hidden states as plain numbers. See `engine/probe.ts`. */
  probe(
    frames: readonly ProbeFrame[],
  ): Promise<readonly (Omit<ProbeResult, "hidden"> & { readonly hidden: readonly number[] })[]>;
  sentBytes(): Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Of a tab that opens no room of its own: goes through a list of work. */
  readonly schedule: ScheduleHarness;
}

let session: HostSession | null = null;
let written = 0;

function opened(): HostSession {
  if (session === null) throw new TypeError("open the room first");
  return session;
}

export const harness: Harness = {
  ...tabHarness(() => opened().engine),
  peer: () => opened().self,
  versions: JUPITER_VERSIONS,
  schedule: scheduleHarness,
  async open(name) {
    ({ session } = await openRoom({ name }));
    return session.link.value;
  },
  devices: () => opened().devices.value,
  ring: () => opened().ring.value,
  draft: () => opened().draft.state.value,
  async start(options) {
    const idle = opened().devices.value.map(({ peer }) => peer);
    await opened().start({ ...options, donors: options.donors ?? idle });
    return opened().ring.value;
  },
  async remove(peer) {
    await opened().remove(peer);
    return opened().link.value;
  },
  suspicions: () => opened().suspicions.value,
  written: () => written,
  ask(options) {
    const host = opened();
    written = 0;
    return new Promise((resolve, reject) => {
      const tokens: HarnessAnswer["tokens"][number][] = [];
      const laps: (LapEvent & { atMs: number })[] = [];
      const offLap = host.events.on("lap", (lap) => laps.push({ ...lap, atMs: performance.now() }));
      const offAnswer = host.events.on("answer", (event) => {
        if (event.id !== options.id) return;
        if (event.kind === "token") {
          written = tokens.push({ ...event, atMs: performance.now() });
          return;
        }
        if (event.kind === "points") return;
        offLap();
        offAnswer();
        if (event.finish === "failed") reject(new Error(event.reason ?? "the answer failed"));
        else resolve({ tokens, finished: event, laps });
      });
      host.ask(options);
    });
  },
  stop: (id) => opened().stopAnswer(id),
  closeConversation: (conversation) => opened().closeConversation(conversation),
  holds: () => opened().engine.api.holds(),
  async route(question) {
    const { finished } = await this.ask({
      id: crypto.randomUUID(),
      conversation: "router",
      prompt: { kind: "chat", messages: routerMessages([{ role: "user", content: question }]) },
      maxTokens: ROUTER_TOKENS,
      policy: { temperature: 0, topP: 1, topK: 0, seed: 1 },
      stop: [],
    });
    return { isVetoed: isVetoed(question), route: routeOf(finished.text) };
  },
  async probe(frames) {
    const results = await opened().engine.api.probe(frames);
    return results.map((result) => ({ ...result, hidden: [...result.hidden] }));
  },
  sentBytes: () => Object.fromEntries(opened().sentBytes),
};

/** What a donor's tab tells the test runner, with `?auto&harness`. */
export interface DonorHarness extends TabHarness {
  readonly peer: PeerId;
  sentBytes(): Readonly<Record<string, number>>;
}

declare global {
  var jupiterHarness: Harness | undefined;
  var jupiterDonor: DonorHarness | undefined;
}
