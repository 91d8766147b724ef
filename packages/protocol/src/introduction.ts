/** What a donor tells the host alone, when the host asks for it (`HostNotice` "introduce"): other members learn no names from the room. */
import { z } from "zod";
import { DeviceName } from "./hello.ts";

export const Introduction = z.object({
  introduction: z.object({
    name: DeviceName,
    /** What it is, such as "Chrome on Android": its own word, for the host to know it by. */
    device: z.string().max(100).optional(),
    /** That it was let in before: an HMAC under the ticket that it got then. */
    resume: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  }),
});
export type Introduction = z.infer<typeof Introduction>;
