/** Rooms full of members that send, leave and come anew, against one server for a bounded time: what was lost, and how long it took. */
import { randomUUID } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import { LoadMember, type Delivery } from "./members.ts";

export interface LoadOptions {
  readonly url: string;
  readonly rooms: number;
  readonly membersPerRoom: number;
  readonly messagesPerSecond: number;
  /** Members that leave, each with one that comes in its place. */
  readonly leavesPerSecond: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly sent: number;
  readonly lost: number;
  readonly twice: number;
  /** What the server refused, by its words. */
  readonly refused: readonly string[];
  readonly left: number;
  readonly joinMs: readonly number[];
  readonly relayMs: readonly number[];
}

/** How often what is due is sent; and for how long late messages are waited for. */
const TICK_MS = 10;
const LATE_MS = 15_000;
/** Connections that are opened at once. */
const JOINS_AT_ONCE = 50;

export class Load {
  readonly #options: LoadOptions;
  readonly #rooms: LoadMember[][] = [];
  readonly #seen = new Map<number, number>();
  readonly #relayMs: number[] = [];
  readonly #joinMs: number[] = [];
  readonly #refused: string[] = [];
  #names: readonly string[] = [];
  #sent = 0;
  #left = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Everyone in. Rejects where the server does not let one in. */
  async fill(): Promise<void> {
    const { rooms, membersPerRoom } = this.#options;
    const seats = Array.from({ length: rooms * membersPerRoom }, (_, seat) => seat % rooms);
    const names = Array.from({ length: rooms }, () => randomUUID());
    this.#rooms.push(...names.map(() => []));
    this.#names = names;
    for (let at = 0; at < seats.length; at += JOINS_AT_ONCE)
      await Promise.all(seats.slice(at, at + JOINS_AT_ONCE).map((room) => this.#enter(room)));
  }

  /** Sends and changes members for the time given, and waits for what is under way. */
  async run(): Promise<LoadResult> {
    const { messagesPerSecond, leavesPerSecond, seconds } = this.#options;
    const [messages, leaves] = [messagesPerSecond * seconds, leavesPerSecond * seconds];
    const startMs = performance.now();
    const under: Promise<void>[] = [];
    let changed = 0;
    while (this.#sent < messages || changed < leaves) {
      const part = Math.min(1, (performance.now() - startMs) / (seconds * 1000));
      while (this.#sent < part * messages) under.push(this.#sendOne(this.#sent++));
      while (changed < Math.floor(part * leaves)) under.push(this.#change(changed++));
      await after(TICK_MS);
    }
    await Promise.all(under);
    const lateMs = performance.now() + LATE_MS;
    while (this.#seen.size < this.#sent - this.#refused.length && performance.now() < lateMs) await after(TICK_MS);
    const counts = [...this.#seen.values()];
    return {
      sent: this.#sent,
      lost: this.#sent - this.#refused.length - counts.length,
      twice: counts.filter((count) => count > 1).length,
      refused: this.#refused,
      left: this.#left,
      joinMs: this.#joinMs,
      relayMs: this.#relayMs,
    };
  }

  empty(): void {
    for (const member of this.#rooms.flat()) member.leave();
    this.#rooms.length = 0;
  }

  async #enter(room: number): Promise<void> {
    const startMs = performance.now();
    const member = await LoadMember.join(this.#options.url, this.#names[room] ?? "", (delivery) =>
      this.#take(delivery),
    );
    this.#joinMs.push(performance.now() - startMs);
    this.#rooms[room]?.push(member);
  }

  /** Round the rooms, and round the members of each. */
  async #sendOne(number: number): Promise<void> {
    const { rooms } = this.#options;
    const members = this.#rooms[number % rooms] ?? [];
    const turn = Math.floor(number / rooms);
    const [from, to] = [members[turn % members.length], members[(turn + 1) % members.length]];
    if (from === undefined || to === undefined) throw new Error("a room has two members at least");
    await from.send(to, number).catch((error: unknown) => this.#refused.push(String(error)));
  }

  /** The longest there goes when what was sent to it has come; another one comes. */
  async #change(number: number): Promise<void> {
    const room = number % this.#options.rooms;
    const leaving = this.#rooms[room]?.shift();
    if (leaving === undefined) return;
    await this.#enter(room);
    const lateMs = performance.now() + LATE_MS;
    while (leaving.pending > 0 && performance.now() < lateMs) await after(TICK_MS);
    leaving.leave();
    this.#left++;
  }

  #take({ number, relayMs }: Delivery): void {
    this.#seen.set(number, (this.#seen.get(number) ?? 0) + 1);
    this.#relayMs.push(relayMs);
  }
}
