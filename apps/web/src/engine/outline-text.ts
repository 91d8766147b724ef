/**
 * The words of an outline: what the model is told, and what is read out of what it says. After Skeleton-of-Thought (Ning et al. 2024); as in
 * Jupiter, what differs from point to point stands last, so that all points share the cache of what comes before. Pure.
 */
import type { ChatMessage } from "@jupiter/model/tokenizer";

export interface OutlinePoint {
  readonly number: number;
  readonly title: string;
}

/** Fewer are no outline; of more the rest is left out. */
const POINTS = { atLeast: 2, atMost: 8 } as const;
const TITLE_CHARS = 80;

/** Questions whose answer is surely no list of independent points; they spare the router. */
const VETOES = [
  /```|\b(code|function|program|script|python|javascript|typescript|java|c\+\+|sql|regex|html|css|bug|compile|implement)\b/i,
  /\d\s*[-+*/^=×÷]\s*\d|\b(calculate|compute|solve|equation|integral|derivative|prove|proof|probability|how (many|much|old|far|long|tall))\b/i,
  /\b(one|a single|two|few) (word|sentence|line)s?\b|\b(yes or no|briefly|in short|only the)\b/i,
  /^\s*(who|when|where|which|is|are|was|were|does|do|did|will|can|could|should|has|have)\b/i,
  /^\s*what('s| is| was) (the|a|an) (capital|name|date|year|word|meaning|opposite|population|height)\b/i,
  /\b(translate|rewrite|repeat|correct|summari[sz]e|story|poem|song|letter|e-?mail|role ?play|pretend|imagine you)\b/i,
];
/** What holds so much text asks about that text. */
const LONG_QUESTION_CHARS = 400;

export function isVetoed(question: string): boolean {
  return question.length > LONG_QUESTION_CHARS || VETOES.some((veto) => veto.test(question));
}

/**
 * The dialogue with its last question put as one about the form of its answer. Like the outline's prompt it begins with the question, so that the ring
 * computes what both begin with once.
 */
export function routerMessages(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return withLast(messages, (question) =>
    [
      `Question: ${question}`,
      "",
      "What form would a good answer to this question have?",
      "A: a list of points that can be written independently of one another",
      "B: a list of points that build upon one another, like steps or a plot",
      "C: no list: one short fact, one text, code or a calculation",
      "",
      "Answer with A, B or C only.",
    ].join("\n"),
  );
}

/** The router's answer is one letter, with what a model puts around it. */
export const ROUTER_TOKENS = 4;

/** The router's choice; null: it said something else. */
export function routeOf(said: string): "A" | "B" | "C" | null {
  const [letter] = /\b[ABC]\b/.exec(said) ?? [];
  return letter === "A" || letter === "B" || letter === "C" ? letter : null;
}

/** The dialogue with its last question put as a question for an outline. The model's answer begins with `OUTLINE_START`. */
export function outlineMessages(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return withLast(
    messages,
    (question) =>
      `Question: ${question}\n\nGive only the outline of an answer to this question: a numbered list of 3 to 5 points, one point a line, 2 to 4 words a point. Write nothing else.`,
  );
}

export const OUTLINE_START = "1.";

/** `said` follows `OUTLINE_START`. Null: that is no outline. */
export function pointsOf(said: string): readonly OutlinePoint[] | null {
  const points = new Map<number, string>();
  for (const line of `${OUTLINE_START}${said}`.split("\n")) {
    const [, digits, bullet, rest = ""] = /^\s*(?:\*\*)?(?:(\d{1,2})[.):]|([-*•]))(?:\*\*)?\s*(.*)$/.exec(line) ?? [];
    if (digits === undefined && bullet === undefined) continue;
    const number = digits === undefined ? points.size + 1 : Number(digits);
    const title = titleOf(rest);
    if (title !== "" && !points.has(number)) points.set(number, title);
  }
  const titles = [...new Set(points.values())].slice(0, POINTS.atMost);
  return titles.length < POINTS.atLeast ? null : titles.map((title, i) => ({ number: i + 1, title }));
}

/**
 * One point's prompt: the outline's dialogue goes on, so that its rows, those of the outline that was written included, are there already; the points of one
 * outline differ in their last word only. The model's answer begins with `pointStart`. `said` follows `OUTLINE_START`.
 */
export function pointMessages(
  messages: readonly ChatMessage[],
  said: string,
  { number }: OutlinePoint,
): readonly ChatMessage[] {
  return [
    ...outlineMessages(messages),
    { role: "assistant", content: `${OUTLINE_START}${said}` },
    {
      role: "user",
      content: `Write one point of this outline in one or two sentences, in one paragraph, and nothing about the other points.\nThe point: ${number}`,
    },
  ];
}

export function pointStart({ number, title }: OutlinePoint): string {
  return `${number}. ${title}:`;
}

/** The one ordered answer, in Markdown. */
export function composed(points: readonly OutlinePoint[], texts: readonly string[]): string {
  return points
    .map(({ number, title }, i) => `${number}. **${title}**${texts[i]?.trim() ? `: ${texts[i].trim()}` : ""}`)
    .join("\n");
}

function titleOf(text: string): string {
  const plain = text.replace(/\*\*|__|`/g, "").trim();
  const [head = ""] = plain.split(/:\s|\s[-–—]\s/);
  const title = (head.trim() || plain).replace(/[.:;,\s]+$/, "");
  return title.length <= TITLE_CHARS ? title : `${title.slice(0, TITLE_CHARS).replace(/\s+\S*$/, "")}…`;
}

function withLast(messages: readonly ChatMessage[], put: (question: string) => string): readonly ChatMessage[] {
  const last = messages.at(-1);
  if (last === undefined) return messages;
  return [...messages.slice(0, -1), { ...last, content: put(last.content) }];
}
