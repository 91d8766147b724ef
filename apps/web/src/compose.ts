/** The only place where adapters meet: rooms over socket.io, links over simple-peer, the engine in its worker. */
import { effect } from "@preact/signals";
import type { PeerId } from "@jupiter/protocol";
import { Room, RoomError } from "@jupiter/room";
import { PeerLinks, ShapedLink, type LinkShape } from "@jupiter/transport";
import { ShapedPath } from "@jupiter/transport/link-shape";
import { IdbShelf } from "./browser/idb-shelf.ts";
import { keepRoom, keptRoom } from "./browser/kept-room.ts";
import { roomServerHere, watchPolicy } from "./browser/room-server-here.ts";
import { timesShelf } from "./browser/times-shelf.ts";
import { Engine } from "./engine/engine.ts";
import { KeptTimes } from "./engine/kept-times.ts";
import { PreciseClock } from "./engine/precise-clock.ts";
import { PatientSignals } from "./session/patient-signals.ts";
import { DonorSession, type Lending } from "./session/donor-session.ts";
import { HostSession, type SessionParts } from "./session/host-session.ts";
import { invitationOrigin } from "./state/invitation-origin.ts";
import type { Shelf } from "./state/shelf.ts";
import { texts } from "./texts/index.ts";

const server = roomServerHere();

/** `?relay`: links go through the TURN server alone, which shows whether it works. */
const relayOnly = new URLSearchParams(location.search).has("relay");

/** Of the room that this page's tab would open again. */
let stopKeeping: () => void = () => undefined;

export interface OpenOptions {
  /** What the others see, 1 to 100 characters. */
  readonly name: string;
}

export interface OpenedRoom {
  readonly session: HostSession;
  /** It is the one of before the tab's reload: its link still leads here. */
  readonly isReopened: boolean;
}

/** Opens a room as its host; the one of before the tab's reload if there was one. Rejects `RoomError`. */
export async function openRoom(options: OpenOptions): Promise<OpenedRoom> {
  const kept = await keptRoom();
  const credentials = kept === null ? {} : { credentials: kept.credentials };
  const room = await entered(options, (how) => Room.open({ ...how, ...credentials }));
  const session = new HostSession(partsOf(room, new Engine("host", server.origin, keptTimes())), kept ?? undefined);
  stopKeeping = effect(() => {
    const [credentials, admissions] = [session.credentials.value, session.admissions.value];
    const askRules = session.asks.rules.value;
    if (credentials !== null) keepRoom({ credentials, admissions, askRules });
  });
  return { session, isReopened: kept !== null };
}

/** Leaves the room for good: the next one has another link. */
export async function closeRoom(session: HostSession): Promise<void> {
  stopKeeping();
  keepRoom(null);
  await session.leave();
}

/** Joins as a donor by the whole link. Rejects `RoomError`. */
export async function joinRoom(options: OpenOptions & Lending & { readonly link: string }): Promise<DonorSession> {
  const room = await entered(options, (how) => Room.join({ ...how, name: texts.devices.someDevice }));
  return new DonorSession(partsOf(room, new Engine(room.self, server.origin, keptTimes())), options);
}

function keptTimes(): KeptTimes {
  return new KeptTimes(timesShelf, () => Date.now());
}

/** Kept by this browser, for this origin. */
export function conversationShelf(): Shelf {
  return new IdbShelf();
}

/** A server that does not say by then which models it has may still open rooms. */
const LISTING_TIMEOUT_MS = 10_000;

/** The models that the room's server has, as it lists them; none where it has no list. */
export async function listedModels(): Promise<unknown> {
  return fetch(new URL("/models/", server.origin), { signal: AbortSignal.timeout(LISTING_TIMEOUT_MS) })
    .then((response) => (response.ok ? response.json() : []) as Promise<unknown>)
    .catch(() => []);
}

/** The page's address in an invitation, up to the room's `#`. */
export async function invitationAddress(): Promise<string> {
  return `${await invitationOrigin()}${location.pathname}${server.query}`;
}

/** With a cause that people understand where the page's own policy stands in the way. */
async function entered<Options extends OpenOptions>(
  options: Options,
  enter: (options: Options & { readonly signalUrl: string; readonly signal: AbortSignal }) => Promise<Room>,
): Promise<Room> {
  const policy = watchPolicy(server.origin);
  try {
    return await enter({ ...options, signalUrl: server.origin, signal: policy.signal });
  } catch (error) {
    throw policy.signal.aborted ? policy.signal.reason : error;
  } finally {
    policy.stop();
  }
}

export interface ShapedNeighbour {
  readonly peer: PeerId;
  readonly shape: LinkShape;
  readonly seed: number;
}

let shaped: readonly ShapedNeighbour[] = [];

/** Harness: what this tab sends from now on over links for activations, or to measure them, goes as told. */
export function shapeLinks(neighbours: readonly ShapedNeighbour[]): void {
  shaped = neighbours;
}

/** Of no session: whoever has it does what it likes with the links. */
export type BareMember = Omit<SessionParts, "engine">;

/** Harness: a room of its own, or by the whole link, without a session. Rejects `RoomError`. */
export async function enterBare(link: string | null): Promise<BareMember> {
  const room = await entered({ name: "Schedule" }, (how) =>
    link === null ? Room.open(how) : Room.join({ ...how, link }),
  );
  const links = linksOf(room);
  room.events.on("signal", ({ from, payload }) => links.receiveSignal(from, payload));
  return { room, links };
}

/** Harness: when messages arrive over a link of that shape. */
export function shapedPath(shape: LinkShape, seed: number): ShapedPath {
  return new ShapedPath(shape, seed);
}

function partsOf(room: Room, engine: Engine): SessionParts {
  return { room, links: linksOf(room), engine };
}

/** Why a server takes no signal at the moment: this page or the other is away, or many devices come at once. */
const PASSING: readonly RoomError["reason"][] = ["offline", "no-such-peer", "not-in-room", "too-fast"];

function linksOf(room: Room): PeerLinks {
  const signals = new PatientSignals({
    send: (to, payload) => room.sendSignal(to, payload),
    mayPass: (error) => error instanceof RoomError && PASSING.includes(error.reason),
  });
  const links = new PeerLinks({
    get iceServers() {
      return room.turn === null ? [] : [room.turn];
    },
    relayOnly,
    sendSignal: (to, payload) => signals.send(to, payload),
    adapt(link, to, channel) {
      const isShaped = channel === "activations" || channel === "probe";
      const neighbour = isShaped ? shaped.find(({ peer }) => peer === to) : undefined;
      if (neighbour === undefined) return link;
      return new ShapedLink(link, neighbour.shape, { clock: new PreciseClock(), seed: neighbour.seed });
    },
  });
  return links;
}
