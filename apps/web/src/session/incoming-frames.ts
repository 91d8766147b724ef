/** Links for activations that others opened to this device: whose frames reach the engine, and what becomes of other people's. */
import { LIMITS, type PeerId, type Seat } from "@jupiter/protocol";
import type { IncomingLink } from "@jupiter/transport";
import { FrameCredit } from "./frame-credit.ts";

export interface IncomingFramesOptions {
  /** 0 at the host. */
  readonly framesAhead: number;
  readonly seatOf: (peer: PeerId) => Seat;
  /** It sits before this device in the ring that stands or is put together. */
  readonly isBefore: (seat: Seat) => boolean;
  readonly frame: (from: Seat, bytes: Uint8Array) => void;
  /** Somebody else sent something. The link is closed, and the ring goes on. */
  readonly strayed: (peer: PeerId, what: string) => void;
  /** The device before this one sent what cannot be. The link is closed, and the ring cannot go on. */
  readonly broke: (seat: Seat, what: string) => void;
}

interface Line {
  readonly incoming: IncomingLink;
  /**
   * `seated`: of the ring that stands or is put together; `former`: of one that was given up, so what was under way when it ended means nothing any
   * more. `early`: nobody knows yet.
   */
  state: "early" | "seated" | "former";
}

/** The old ring's and the next one's may overlap, twice. */
const MAX_LINKS_PER_PEER = 4;
/** Four of the largest: a stage that is slow has two or three waiting. */
const MAX_WAITING_BYTES = 4 * LIMITS.frameBytes;

/**
 * Invariants:
 * 1. the engine hears only those who sit before this device;
 * 2. a link may be opened before this device knows its place: it is judged by what comes over it, and once the ring stands (`settle`) by who opened it;
 * 3. no one's bytes but theirs end a ring.
 */
export class IncomingFrames {
  readonly #options: IncomingFramesOptions;
  readonly #credit: FrameCredit;
  readonly #lines = new Set<Line>();
  #isSettled = false;

  constructor(options: IncomingFramesOptions) {
    this.#options = options;
    this.#credit = new FrameCredit({ framesAhead: options.framesAhead, bytes: MAX_WAITING_BYTES });
  }

  accept(incoming: IncomingLink): void {
    const { from, link } = incoming;
    const { seatOf, isBefore } = this.#options;
    const line: Line = { incoming, state: "early" };
    if (this.#isSettled && !isBefore(seatOf(from))) {
      return this.#stray(line, "opened a link for activations without sitting before this device in the ring");
    }
    if (this.#of(from).length >= MAX_LINKS_PER_PEER) {
      return this.#stray(line, `opened more than ${MAX_LINKS_PER_PEER} links for activations`);
    }
    this.#lines.add(line);
    link.events.on("close", () => this.#lines.delete(line));
    link.events.on("message", (bytes) => this.#take(line, bytes));
  }

  /** The ring stands: all that may send are linked. */
  settle(): void {
    this.#isSettled = true;
    for (const line of this.#lines) {
      if (line.state === "former" || !this.#options.isBefore(this.#seatOf(line))) void line.incoming.link.close();
      else line.state = "seated";
    }
  }

  /** The ring is over. Its links are closed by those who opened them. */
  giveUp(): void {
    this.#isSettled = false;
    this.#credit.reset();
    for (const line of this.#lines) if (line.state === "seated") line.state = "former";
  }

  /** A frame went on its way from here. */
  left(): void {
    this.#credit.left();
  }

  /** The engine could do nothing with what this seat sent. */
  fault(seat: Seat, what: string): void {
    const lines = [...this.#lines].filter((line) => this.#seatOf(line) === seat);
    if (!this.#options.isBefore(seat)) {
      for (const line of lines) this.#stray(line, what);
      return;
    }
    for (const { incoming } of lines) void incoming.link.close();
    this.#options.broke(seat, what);
  }

  /** Nothing that this member sends is heard any more. */
  expel(peer: PeerId): void {
    for (const { incoming } of this.#of(peer)) void incoming.link.close();
  }

  #take(line: Line, bytes: Uint8Array): void {
    if (line.state === "former") return;
    const seat = this.#seatOf(line);
    if (!this.#options.isBefore(seat)) {
      return this.#stray(line, "sent activations without sitting before this device in the ring");
    }
    const excess = this.#credit.came(bytes.length);
    if (excess !== null) return this.fault(seat, excess);
    line.state = "seated";
    this.#options.frame(seat, bytes);
  }

  #stray(line: Line, what: string): void {
    // Told once, however much is under way.
    const isNew = line.state !== "former";
    line.state = "former";
    void line.incoming.link.close();
    if (isNew) this.#options.strayed(line.incoming.from, what);
  }

  #seatOf({ incoming }: Line): Seat {
    return this.#options.seatOf(incoming.from);
  }

  #of(peer: PeerId): readonly Line[] {
    return [...this.#lines].filter(({ incoming }) => incoming.from === peer);
  }
}
