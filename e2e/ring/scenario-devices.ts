/** Devices, links and models that a scenario gives by what they take: for `npm run sim`, and for emulation in `npm run ring`. */
import type { DeviceCosts } from "@jupiter/planner";
import type { LinkShape } from "@jupiter/transport/link-shape";
import { z } from "zod";

const ms = z.number().min(0).max(1e7);

const LayerPiece = z.strictObject({
  fromRows: z.int().min(1).default(1).describe("New tokens from which on this piece holds."),
  floorMs: ms.describe("Of a frame, whatever its rows."),
  rowMs: ms.describe("Of each new token."),
  pairMs: ms.default(0).describe("Per new token and slot that it sees."),
});

/** What a device takes: `floorMs + rowMs T + pairMs T (S + T)` for a layer, for `T` new tokens at `S` cached ones. */
const Time = z.strictObject({
  layer: z
    .array(LayerPiece)
    .min(1)
    .refine(
      (pieces) => pieces.every(({ fromRows }, i) => fromRows > (pieces[i - 1]?.fromRows ?? 0)),
      "pieces rise in fromRows",
    )
    .refine((pieces) => pieces[0]?.fromRows === 1, "the first piece is fromRows 1")
    .describe("Of one layer, in milliseconds: pieces rising in `fromRows`, the first from 1."),
  frameMs: ms.default(0).describe("Of every frame, however many layers and rows."),
  head: z
    .strictObject({
      floorMs: ms.describe("Of a frame, whatever its rows."),
      rowMs: ms.describe("Of each row whose scores are wanted."),
    })
    .nullable()
    .default(null)
    .describe(
      "Final norm, LM head and choice: `floorMs + rowMs rows`. The host needs it; with `head` last or best every device does.",
    ),
  draft: z
    .strictObject({ floorMs: ms, rowMs: ms })
    .optional()
    .describe(
      "A step of the recorded drafter on the host: `floorMs`, and `rowMs` for each further line in it. Of a model that is not there.",
    ),
}) satisfies z.ZodType<DeviceCosts>;

const name = z.string().min(1).max(60);

const Device = z.strictObject({
  name,
  time: Time.optional().describe("Left out: a real tab, as fast as it is."),
  memoryBytes: z
    .number()
    .gt(0)
    .optional()
    .describe("What it may hold of layers: the planner gives it no more. Of a shape, held against its layerBytes."),
  machine: name.optional().describe("Devices of one machine share its cores (`machines`)."),
});

const Shape = {
  mbitPerS: z.number().gt(0).optional().describe("Megabits (10^6) a second; left out: as fast as it comes."),
  delayMs: ms.optional().describe("One way."),
  jitterMs: ms.optional().describe("Added to the delay: evenly spread from none to this."),
  perMessageMs: ms.optional().describe("What sending one message takes, whatever its size."),
  perMessageBytes: z.number().min(0).optional().describe("Sent along with one message."),
  loss: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe("Share of packets that are lost, and sent again after a round trip, but not before 200 ms."),
};

/** Of the links between two devices. Left out, `from` and `to` stand for every device. */
const Link = z.strictObject({
  from: name
    .optional()
    .describe("A device's name; with `to` the link of these two, whichever sends. Left out: every device."),
  to: name
    .optional()
    .describe("A device's name; alone, all links of that device, whichever sends. Left out: every device."),
  ...Shape,
  medium: name.optional().describe("Links of one medium send one after the other. Simulated links only."),
});
type Link = z.infer<typeof Link>;

export const DeviceFields = {
  devices: z
    .array(Device)
    .min(1)
    .max(256)
    .optional()
    .describe(
      "The first is the host, the others are the donors; instead of `tabs`. With `layers` they stand in ring order, else the planner puts them in one.",
    ),
  machines: z
    .record(name, z.strictObject({ cores: z.number().gt(0) }))
    .default({})
    .describe("Cores by machine."),
  links: z.array(Link).default([]).describe("Of several that fit a link, the last one holds."),
  shape: z
    .strictObject({
      L: z.int().min(1).max(1000).describe("Layers."),
      D: z.int().min(1).max(16384).describe("Numbers a row."),
      layerBytes: z
        .number()
        .gt(0)
        .optional()
        .describe(
          "Of one layer as a device holds it, cache included; `memoryBytes` is held against it, where every device says its time.",
        ),
    })
    .optional()
    .describe("Of a model that is not there: layers and hidden size. Emulated devices then compute nothing."),
  trace: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Recorded answers (a list of cases with `promptIds`, `greedy` and perhaps `draftTop`), for devices that compute nothing.",
    ),
};

interface Named {
  readonly devices?: readonly z.infer<typeof Device>[] | undefined;
  readonly tabs: number;
  readonly links: readonly Link[];
  readonly machines: Readonly<Record<string, unknown>>;
}

/** Of a ring of such devices, neighbours that no entry of `links` is for: what they send each other takes no time. `stages`: names, in ring order. Such as `a and b`. */
export function freeLinks(
  { devices = [], links }: Pick<Named, "devices" | "links">,
  stages: readonly string[],
): readonly string[] {
  const [host] = devices;
  if (host === undefined) return [];
  const round = [host.name, ...stages, host.name];
  const hops = round.slice(1).map((to, i) => [round[i]!, to] as const);
  const free = hops.filter(([from, to]) => from !== to && ruleFor(links, from, to) === undefined);
  return [...new Set(free.map((pair) => pair.toSorted().join(" and ")))];
}

/** The first name that stands for nothing, or for two, and where it is. Null: each stands for one. */
export function wrongName({
  devices,
  tabs,
  links,
  machines,
}: Named): { readonly path: (string | number)[]; readonly message: string } | null {
  // Real tabs are called so in reports.
  const names = devices?.map(({ name }) => name) ?? [
    HOST_NAME,
    ...Array.from({ length: tabs }, (_, i) => donorName(i)),
  ];
  const again = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (again >= 0) {
    const before = names.indexOf(names[again]!) + 1;
    const message = `devices ${before} and ${again + 1} are both called "${names[again]}"; rename one`;
    return { path: ["devices", again, "name"], message };
  }
  for (const [i, link] of links.entries()) {
    if (link.from !== undefined && link.from === link.to)
      return { path: ["links", i, "to"], message: `"${link.from}" has no link to itself` };
    for (const end of ["from", "to"] as const) {
      const name = link[end];
      if (name !== undefined && !names.includes(name))
        return { path: ["links", i, end], message: `there is no device "${name}"; there are ${names.join(", ")}` };
    }
  }
  const used = devices?.map(({ machine }) => machine) ?? [];
  const missing = used.findIndex((machine) => machine !== undefined && !Object.hasOwn(machines, machine));
  if (missing >= 0) {
    const message = `machines does not say how many cores "${used[missing]}" has`;
    return { path: ["devices", missing, "machine"], message };
  }
  const idle = Object.keys(machines).find((machine) => !used.includes(machine));
  return idle === undefined ? null : { path: ["machines", idle], message: "no device is on this machine" };
}

export const HOST_NAME = "host";

/** Of the donor that came after `before` others. */
export function donorName(before: number): string {
  return `donor ${before + 1}`;
}

/** What holds for messages from one device to another. */
export function linkBetween(
  links: readonly Link[],
  from: string,
  to: string,
): { shape: LinkShape; medium: string | null } {
  const rule = ruleFor(links, from, to);
  if (rule === undefined) return { shape: {}, medium: null };
  const { from: _from, to: _to, medium = null, ...fields } = rule;
  const shape = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return { shape, medium };
}

function ruleFor(links: readonly Link[], from: string, to: string): Link | undefined {
  const fits = (rule: Link, a: string, b: string) => (rule.from ?? a) === a && (rule.to ?? b) === b;
  return links.findLast((link) => fits(link, from, to) || fits(link, to, from));
}
