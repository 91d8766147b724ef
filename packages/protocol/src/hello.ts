/** A member's description of itself: sealed in the signaling server's `hello`, so that members see it and the server does not. */
import { z } from "zod";

/** What people call a device. */
export const DeviceName = z.string().min(1).max(100);

const who = {
  name: DeviceName,
  /** Milliseconds since 1970 by the member's clock: of two tabs that are both the host, the later is. */
  openedAtMs: z.number().min(0),
};

export const MemberHello = z.discriminatedUnion("role", [
  z.object({
    role: z.literal("host"),
    ...who,
    /** ECDSA P-256, uncompressed point of 65 bytes, base64url. Its fingerprint is in the room's link. */
    publicKey: z.string().regex(/^[A-Za-z0-9_-]{87}$/),
  }),
  /** Its name is one that says nothing: all members see it, those too that wait to be let in. The host alone is told more (`Introduction`). */
  z.object({ role: z.literal("donor"), ...who }),
]);
export type MemberHello = z.infer<typeof MemberHello>;
