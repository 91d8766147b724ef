/**
 * An answer written point by point, all points at once: router and outline, then one request for each point, side by side in an arena of their own. Another
 * text than the model's plain answer, by design; given the outline, each point is what one device would write for its prompt.
 *
 * Invariants:
 * 1. the outline is written while the router decides, and called back if the answer is no list; points wait for both. Whatever does not lead to
 *    points ends in the plain answer, which says so and whose time to the first token counts from the question;
 * 2. the answer has one `finished`, after all of its parts have ended;
 * 3. the conversation of the parts is closed at the end; the dialogue's own cache is not touched.
 */
import type { ChatMessage } from "@jupiter/model/tokenizer";
import type { Timings } from "@jupiter/pipeline";
import type { AnswerEvent, AskOptions, FinishedAnswer, OutlineBranch, OutlineStep, SetAside } from "./api.ts";
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
  readonly #steps: OutlineStep[] = [];
  /** Whether the answer is a list, as far as is known. */
  #isList: boolean | null;
  /** What became of the outline, with which the points are asked for. */
  #outline: FinishedAnswer | null = null;
  /** The plain answer or the points have begun, or all is over. */
  #isDecided = false;
  #running: string[] = [];
  #isStopped = false;
  #firstMs: number | null = null;

  private constructor(
    options: AskOptions,
    messages: readonly ChatMessage[],
    isList: boolean | null,
    ports: OutlinePorts,
  ) {
    this.#options = options;
    this.#isList = isList;
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
    const isList = outline === "on" ? true : null;
    const run = new Outline(options, prompt.messages, isList, ports);
    // Both before either is asked: where the template refuses one, nothing has begun.
    const router = isList === null ? ports.render(routerMessages(prompt.messages)) : null;
    const outlined = ports.render(outlineMessages(prompt.messages)) + OUTLINE_START;
    if (router !== null) run.#askRouter(router);
    run.#askOutline(outlined);
    return run;
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopParts();
  }

  #stopParts(): void {
    for (const id of this.#running) this.#ports.stop(id);
  }

  #askRouter(text: string): void {
    let said = "";
    const grow = (more: string, id: string) => {
      said += more;
      // Its letter is all that is asked for.
      if (routeOf(said) !== null) queueMicrotask(() => this.#ports.stop(id));
    };
    const end = (finished: FinishedAnswer) => {
      this.#isList = routeOf(finished.text) === "A";
      this.#decide("router", finished);
    };
    this.#part("router", text, ROUTER_TOKENS, [], end, grow);
  }

  #askOutline(text: string): void {
    this.#part("outline", text, OUTLINE_TOKENS, ["\n\n"], (finished) => {
      this.#outline = finished;
      this.#decide("outline", finished);
    });
  }

  /** After the end of router or outline. */
  #decide(name: OutlineStep["name"], ended: FinishedAnswer): void {
    if (this.#isDecided) return;
    const { ids, output } = ended;
    this.#steps.push({ name, ids, output, endMs: this.#ports.nowMs() - this.#askedMs });
    if (ended.finish === "failed" || this.#isStopped) {
      this.#isDecided = true;
      this.#stopParts();
      // With nothing to read.
      this.#end({ ...ended, finish: ended.finish === "failed" ? "failed" : "cancelled", text: "", output: [] });
      return;
    }
    const said = this.#outline?.text ?? null;
    const points = said === null ? null : pointsOf(said);
    if (this.#isList === false) this.#answerPlainly("not-fit");
    else if (said !== null && points === null) this.#answerPlainly("no-outline");
    else if (said !== null && points !== null && this.#isList === true) this.#askPoints(said, points);
  }

  /** `said`: the outline as it was written. */
  #askPoints(said: string, points: readonly OutlinePoint[]): void {
    this.#isDecided = true;
    const parts: Part[] = points.map((point) => ({ point, text: "", finished: null }));
    const tokens = Math.max(1, Math.min(POINT_TOKENS, Math.floor(this.#options.maxTokens / points.length)));
    this.#show(parts);
    parts.forEach((part, i) => {
      const text = this.#ports.render(pointMessages(this.#messages, said, part.point)) + pointStart(part.point);
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
    this.#isDecided = true;
    const { id } = this.#options;
    const setAside: SetAside = { why, ms: this.#ports.nowMs() - this.#askedMs };
    this.#running = [id];
    this.#ports.close(this.#conversation);
    this.#ports.ask({ ...this.#options, outline: "off" }, (event) =>
      this.#ports.emit(event.kind === "finished" ? { ...after(setAside, event), steps: this.#steps } : event),
    );
  }

  #part(
    name: string,
    text: string,
    maxTokens: number,
    stop: readonly string[],
    end: (finished: FinishedAnswer) => void,
    grow: (text: string, id: string) => void = () => undefined,
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
      if (event.kind === "token") grow(event.text, id);
      if (event.kind !== "finished") return;
      this.#running = this.#running.filter((other) => other !== id);
      // Not from within the events of the part that ended.
      queueMicrotask(() => end(event));
    };
    this.#ports.ask(options, tell);
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
      steps: this.#steps,
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
