/** What data channels do by themselves: one or several, how much is buffered on them, and how long a row waits beside bulk bytes. */
import { alternate, toldTurns } from "../alternate.ts";
import { RawChannels, type Bulk } from "../raw-channels.ts";
import { row } from "../row.ts";
import { spread } from "../stats.ts";
import type { Suite } from "../suite.ts";

const BYTES = 32 << 20;
/** As our links have it (`transport/src/flow.ts`, `message-link.ts`). */
const OURS = { channels: 1, highBytes: 1 << 20, sliceBytes: 16 << 10 };
const IDLE_ECHOES = 50;
/** Channels of each connection. */
const CONNECTIONS = [4, 1];

/** `echo`: on which connection and channel a row goes meanwhile. */
const CASES: readonly {
  readonly name: string;
  readonly bulk: Partial<Bulk>;
  readonly echo: readonly [number, number];
}[] = [
  { name: "one channel, a row in it", bulk: {}, echo: [0, 0] },
  { name: "one channel, a row in another of its connection", bulk: {}, echo: [0, 1] },
  { name: "one channel, a row in another connection", bulk: {}, echo: [1, 0] },
  { name: "four channels, a row in another connection", bulk: { channels: 4 }, echo: [1, 0] },
  { name: "one channel, messages of 64 KB, a row in it", bulk: { sliceBytes: 64 << 10 }, echo: [0, 0] },
  { name: "one channel, messages of 256 KB, a row in it", bulk: { sliceBytes: 256 << 10 }, echo: [0, 0] },
  { name: "one channel, 64 KB buffered, a row in it", bulk: { highBytes: 64 << 10 }, echo: [0, 0] },
  {
    name: "one channel, 64 KB buffered, a row in another connection",
    bulk: { highBytes: 64 << 10 },
    echo: [1, 0],
  },
  { name: "one channel, 256 KB buffered, a row in it", bulk: { highBytes: 256 << 10 }, echo: [0, 0] },
  { name: "one channel, 8 MB buffered, a row in it", bulk: { highBytes: 8 << 20 }, echo: [0, 0] },
];
const IDLE = "nothing else on the way";

export const channels: Suite = {
  name: "channels",
  about:
    "The browser's data channels alone, 32 MB from tab to tab: several channels, backpressure, and a row beside them",
  minutes: { sampled: 1, full: 2 },
  async run({ browser, rounds, say }) {
    say("opening the tabs", 0);
    await using raw = await RawChannels.open(browser, CONNECTIONS);
    const turns = await alternate(
      [
        ...CASES.map(({ name, bulk, echo }) => ({
          name,
          async measure() {
            const { mbPerS, echoes } = await raw.bulk(0, { ...OURS, bytes: BYTES, ...bulk }, echo);
            return { mbPerS, echo: spread(echoes).median };
          },
        })),
        { name: IDLE, measure: async () => ({ echo: spread(await raw.echoes(1, 0, IDLE_ECHOES)).median }) },
      ],
      toldTurns(rounds, say),
    );
    const facts = { source: "real" } as const;
    return {
      rows: [
        ...CASES.flatMap(({ name }) => [
          row({ ...facts, name: `${name}: bulk`, unit: "MB/s", better: "more" }, turns.of(name, "mbPerS")),
          row({ ...facts, name: `${name}: echo of a row`, unit: "ms", better: "less" }, turns.of(name, "echo")),
        ]),
        row({ ...facts, name: `${IDLE}: echo of a row`, unit: "ms", better: "less" }, turns.of(IDLE, "echo")),
      ],
      floor: turns.floor,
      notes: [
        "A row's echo is there and back, the median of those in a round. Unless a row says otherwise messages have 16 KB and 1 MB is buffered at most, as on our links.",
      ],
    };
  },
};
