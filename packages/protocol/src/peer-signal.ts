/** What two peers say to each other through the room, sealed, until they have a connection of their own. */
import { z } from "zod";

/** One peer connection per channel: a big message blocks every channel of its connection. */
export const LinkChannel = z.enum(["control", "activations", "bulk", "probe"]);
export type LinkChannel = z.infer<typeof LinkChannel>;

/** An offer, an answer, or one ICE candidate, as WebRTC words them. */
export const ConnectionSignal = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["offer", "answer"]), sdp: z.string().max(32_768) }),
  z.object({
    type: z.literal("candidate"),
    candidate: z.object({
      candidate: z.string().max(1024),
      sdpMLineIndex: z.int().min(0).max(16).nullish(),
      sdpMid: z.string().max(64).nullish(),
    }),
  }),
]);
export type ConnectionSignal = z.infer<typeof ConnectionSignal>;

export const PeerSignal = z.object({
  channel: LinkChannel,
  /** Chosen by the initiator, unique between the two peers. */
  connection: z.string().regex(/^[A-Za-z0-9_-]{8,32}$/),
  signal: ConnectionSignal,
});
export type PeerSignal = z.infer<typeof PeerSignal>;
