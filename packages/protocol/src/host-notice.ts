/** What a host says through the room, sealed and signed, to a device that has no control link to it (yet, or any more). */
import { z } from "zod";

export const HostNotice = z.object({
  notice: z.enum([
    /** Say who you are (`Introduction`). */
    "introduce",
    /** A person at the host is asked whether to let it in. */
    "asked",
    /** That person said no. */
    "refused",
    "removed",
    "closed",
    /** The room has a new link, which only devices with a control link were told. */
    "moved",
  ]),
});
export type HostNotice = z.infer<typeof HostNotice>;
