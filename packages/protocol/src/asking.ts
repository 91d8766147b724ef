/** Questions that a donor asks from its own page, over its control link: no server sees them. The host decides whether they are answered. */
import { z } from "zod";
import { LIMITS } from "./limits.ts";

/** Of one question, given by the asker's page; rises with every question of a link. */
const id = z.int().min(0).max(0xffff_ffff);

export const Ask = z.object({
  type: z.literal("ask"),
  id,
  question: z.string().max(LIMITS.questionChars).regex(/\S/, "a question has words"),
  /** By the asker's count: what it asked before counts where this number is the same. */
  conversation: id,
});
export type Ask = z.infer<typeof Ask>;

/** The answer is not wanted any more, wherever it is. One that has ended meanwhile is no fault. */
export const StopAsk = z.object({ type: z.literal("stop-ask"), id });

const AskRefusal = z.enum([
  /** The host takes no questions, of anybody or of this device. */
  "none",
  /** A person at the host said no to this one. */
  "refused",
  /** As many of this device's questions wait as may. */
  "busy",
  /** They came faster than people type. */
  "too-often",
  /** This device computes nothing in a ring that runs. */
  "not-serving",
]);
export type AskRefusal = z.infer<typeof AskRefusal>;

/** Whether questions of this device are taken: none, after a person at the host was asked, or all. Told when it links, and whenever it changes. */
export const AskRule = z.object({ type: z.literal("ask-rule"), rule: z.enum(["each", "all", "none"]) });
export type AskRule = z.infer<typeof AskRule>["rule"];

/** It waits: for a person at the host, or for so many questions before it; at `before` 0 it is read. */
export const AskWaits = z.object({
  type: z.literal("ask-waits"),
  id,
  /** Null: for a person at the host. */
  before: z.int().min(0).max(10_000).nullable(),
});

/** What comes next of the answer. */
export const AskText = z.object({
  type: z.literal("ask-text"),
  id,
  text: z.string().max(LIMITS.answerTextChars),
});

/** No more comes of it. */
export const AskEnded = z.object({
  type: z.literal("ask-ended"),
  id,
  end: z.discriminatedUnion("kind", [
    /** `cut`: at the longest answer, or where the context was full. */
    z.object({ kind: z.enum(["complete", "cut"]), tokens: z.int().min(0) }),
    z.object({ kind: z.literal("stopped"), by: z.enum(["asker", "host"]) }),
    z.object({ kind: z.literal("refused"), why: AskRefusal }),
    z.object({ kind: z.literal("failed"), message: z.string().max(1000) }),
  ]),
});
export type AskEnd = z.infer<typeof AskEnded>["end"];
