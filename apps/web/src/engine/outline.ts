/**
 * An answer written point by point, all points at once: router, outline, then one request for each point, side by side in an arena of their own. Another
 * text than the model's plain answer, by design; given the outline, each point is what one device would write for its prompt.
 *
 * Invariants:
 * 1. one part is asked for after the other, the points together; whatever does not lead to an outline ends in the plain answer, which says so
 *    and whose time to the first token counts from the question;
 * 2. the answer has one `finished`, after all of its parts have ended;
 * 3. the conversation of the parts is closed at the end; the dialogue's own cache is not touched.
 */
import type { ChatMessage } from "@jupiter/model/tokenizer";
import type { Timings } from "@jupiter/pipeline";
import type { AnswerEvent, AskOptions, FinishedAnswer, OutlineBranch, SetAside } from "./api.ts";
import {
  composed,
  isVetoed,
  OUTLINE_START,
  outlineMessages,
  pointMessages,
  pointStart,
  pointsOf,
  ROUTER_TOKENS,
  routeOf,
  routerMessages,
  type OutlinePoint,
} from "./outline-text.ts";

export interface OutlinePorts {
  /** An answer of its own, told to `tell` alone. */
  readonly ask: (options: AskOptions, tell: (event: AnswerEvent) => void) => void;
  readonly stop: (id: string) => void;
  readonly close: (conversation: string) => void;
  readonly render: (messages: readonly ChatMessage[]) => string;
  readonly emit: (event: AnswerEvent) => void;
  readonly nowMs: () => number;
}

const OUTLINE_TOKENS = 96;
const POINT_TOKENS = 96;

interface Part {
  readonly point: OutlinePoint;
  text: string;
  finished: FinishedAnswer | null;
}

export class Outline {
  readonly #ports: OutlinePorts;
  readonly #options: AskOptions;
  readonly #messages: readonly ChatMessage[];
  readonly #conversation: string;
  readonly #askedMs: number;
  #running: string[] = [];
  #isStopped = false;
  #firstMs: number | null = null;

  private constructor(options: AskOptions, messages: readonly ChatMessage[], ports: OutlinePorts) {
    this.#options = options;
    this.#messages = messages;
    this.#ports = ports;
    this.#conversation = `${options.id}/outline`;
    this.#askedMs = ports.nowMs();
  }

  /** Null: this question is to be answered plainly. */
  static tryStart(options: AskOptions, ports: OutlinePorts): Outline | null {
    const { prompt, outline = "off", force } = options;
    if (outline === "off" || prompt.kind !== "chat" || force !== undefined) return null;
    const question = prompt.messages.at(-1)?.content ?? "";
    if (outline === "auto" && isVetoed(question)) return null;
    const run = new Outline(options, prompt.messages, ports);
    if (outline === "on") run.#askOutline();
    else run.#askRouter(question);
    return run;
  }

  stop(): void {
    this.#isStopped = true;
    for (const id of this.#running) this.#ports.stop(id);
  }

  #askRouter(question: string): void {
    const text = this.#ports.render(routerMessages(question));
    this.#part("router", text, ROUTER_TOKENS, [], (finished) => {
      if (this.#isOver(finished)) return;
      if (routeOf(finished.text) === "A") this.#askOutline();
      else this.#answerPlainly("not-fit");
    });
  }

  #askOutline(): void {
    const text = this.#ports.render(outlineMessages(this.#messages)) + OUTLINE_START;
    this.#part("outline", text, OUTLINE_TOKENS, ["\n\n"], (finished) => {
      if (this.#isOver(finished)) return;
      const points = pointsOf(finished.text);
      if (points === null) this.#answerPlainly("no-outline");
      else this.#askPoints(points);
    });
  }

  #askPoints(points: readonly OutlinePoint[]): void {
    const parts: Part[] = points.map((point) => ({ point, text: "", finished: null }));
    const tokens = Math.max(1, Math.min(POINT_TOKENS, Math.floor(this.#options.maxTokens / points.length)));
    this.#show(parts);
    parts.forEach((part, i) => {
      const text = this.#ports.render(pointMessages(this.#messages, points, part.point)) + pointStart(part.point);
      const grow = (more: string) => {
        part.text += more;
        this.#firstMs ??= this.#ports.nowMs();
        if (more !== "") this.#show(parts);
      };
      const end = (finished: FinishedAnswer) => {
        part.finished = finished;
        part.text = finished.text;
        if (parts.every((other) => other.finished !== null)) this.#finish(parts);
      };
      this.#part(`${i + 1}`, text, tokens, ["\n"], end, grow);
    });
  }

  /** Told as the answer itself: its events have the answer's id already. */
  #answerPlainly(why: SetAside["why"]): void {
    const { id } = this.#options;
    const setAside: SetAside = { why, ms: this.#ports.nowMs() - this.#askedMs };
    this.#running = [id];
    this.#ports.close(this.#conversation);
    this.#ports.ask({ ...this.#options, outline: "off" }, (event) =>
      this.#ports.emit(event.kind === "finished" ? after(setAside, event) : event),
    );
  }

  #part(
    name: string,
    text: string,
    maxTokens: number,
    stop: readonly string[],
    end: (finished: FinishedAnswer) => void,
    grow: (text: string) => void = () => undefined,
  ): void {
    const id = `${this.#options.id}/${name}`;
    this.#running.push(id);
    const { policy, decoding } = this.#options;
    const options: AskOptions = {
      id,
      conversation: this.#conversation,
      prompt: { kind: "text", text },
      maxTokens,
      policy,
      stop,
      beside: this.#conversation,
      ...(decoding === undefined ? {} : { decoding }),
    };
    const tell = (event: AnswerEvent) => {
      if (event.kind === "token") grow(event.text);
      if (event.kind !== "finished") return;
      this.#running = this.#running.filter((other) => other !== id);
      // Not from within the events of the part that ended.
      queueMicrotask(() => end(event));
    };
    this.#ports.ask(options, tell);
  }

  /** Before there are points an end is the answer's end, with nothing to read. */
  #isOver(finished: FinishedAnswer): boolean {
    if (finished.finish === "failed" || this.#isStopped) {
      this.#end({ ...finished, finish: finished.finish === "failed" ? "failed" : "cancelled", text: "", output: [] });
      return true;
    }
    return false;
  }

  #show(parts: readonly Part[]): void {
    const points = parts.map(({ point }) => point);
    const text = composed(
      points,
      parts.map((part) => part.text),
    );
    this.#ports.emit({ kind: "points", id: this.#options.id, text });
  }

  #finish(parts: readonly Part[]): void {
    const ended = parts.flatMap(({ finished }) => (finished === null ? [] : [finished]));
    const [first] = ended;
    if (first === undefined) return;
    const failed = ended.find(({ finish }) => finish === "failed");
    const text = composed(
      parts.map(({ point }) => point),
      parts.map((part) => part.text),
    );
    const branches = parts.flatMap(({ point, finished }): OutlineBranch[] =>
      finished === null ? [] : [{ ...point, ids: finished.ids, output: finished.output, finish: finished.finish }],
    );
    this.#end({
      ...first,
      finish: failed?.finish ?? (this.#isStopped ? "cancelled" : "stop"),
      reason: failed?.reason ?? null,
      output: ended.flatMap(({ output }) => output),
      text,
      timings: this.#timings(ended),
      branches,
    });
  }

  #timings(parts: readonly FinishedAnswer[]): Timings {
    const nowMs = this.#ports.nowMs();
    const firstMs = this.#firstMs ?? nowMs;
    const timings = parts.map((part) => part.timings);
    const counts = timings.flatMap((timing) => (timing.counts === undefined ? [] : [timing.counts]));
    const sum = (of: "frames" | "rows" | "drafted" | "accepted" | "cancelled") =>
      counts.reduce((total, count) => total + count[of], 0);
    return {
      promptTokens: timings[0]?.promptTokens ?? 0,
      reusedTokens: timings[0]?.reusedTokens ?? 0,
      prefillMs: timings[0]?.prefillMs ?? 0,
      timeToFirstTokenMs: firstMs - this.#askedMs,
      decodeMs: nowMs - firstMs,
      laps: Math.max(...timings.map(({ laps }) => laps)),
      counts: {
        frames: sum("frames"),
        rows: sum("rows"),
        drafted: sum("drafted"),
        accepted: sum("accepted"),
        cancelled: sum("cancelled"),
        drafters: [],
      },
    };
  }

  #end(finished: FinishedAnswer): void {
    this.#ports.close(this.#conversation);
    this.#ports.emit({ ...finished, id: this.#options.id });
  }
}

/** An answer without a token has no time to its first. */
function after(setAside: SetAside, finished: FinishedAnswer): FinishedAnswer {
  const { timings, output } = finished;
  const timeToFirstTokenMs = output.length === 0 ? 0 : timings.timeToFirstTokenMs + setAside.ms;
  return { ...finished, timings: { ...timings, timeToFirstTokenMs }, setAside };
}
