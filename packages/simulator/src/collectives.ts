/** Collective operations as rings of messages, as MPI, NCCL and gloo do them. */
import type { Step } from "./schedule.ts";

export interface Member {
  readonly self: number;
  readonly count: number;
}

/** One round: on to the next, then from the one before. `work` is done while the message is on its way. */
function* round({ self, count }: Member, sizeBytes: number, work: Step | null = null): Generator<Step> {
  yield { kind: "send", to: (self + 1) % count, sizeBytes };
  if (work !== null) yield work;
  yield { kind: "receive", from: (self + count - 1) % count };
}

/** Every member ends up with the sum: reduce-scatter, then all-gather, in 2 (N - 1) rounds of an Nth of the bytes. */
export function* allReduce(member: Member, sizeBytes: number): Generator<Step> {
  for (let i = 0; i < 2 * (member.count - 1); i++) yield* round(member, sizeBytes / member.count);
}

/** Every member ends up with every other's part, of `partBytes` each. */
export function* allGather(member: Member, partBytes: number): Generator<Step> {
  for (let i = 0; i < member.count - 1; i++) yield* round(member, partBytes);
}

/**
 * An all-gather, or a reduce-scatter, whose parts are worked on as they come: one part's work while the next is on its way (Galaxy's tiles). `work` is all of
 * it; an Nth needs no message.
 */
export function* overlapped(
  member: Member,
  partBytes: number,
  work: { readonly ms: number; readonly label: string },
): Generator<Step> {
  const tile: Step = { kind: "compute", ms: work.ms / member.count, label: work.label };
  for (let i = 0; i < member.count - 1; i++) yield* round(member, partBytes, tile);
  yield tile;
}
