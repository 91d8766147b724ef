/** What the host learns of all links, from devices that answer, are silent, or lie about whom they measured. */
import { PeerId, type LinkMeasure } from "@jupiter/protocol";
import { memoryLinkPair, TransportError } from "@jupiter/transport";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Device } from "./donor-proxy.ts";
import { ProbeAnswers } from "./link-probe.ts";
import { LinkSurvey, type LinkSurveyOptions } from "./link-survey.ts";

const [anna, ben, carl] = ["anna0000", "ben00000", "carl0000"].map((id) => PeerId.parse(id)) as [
  PeerId,
  PeerId,
  PeerId,
];
const between: LinkMeasure = { rttMs: 6, rttSpreadMs: 1, bytesPerMs: 3000, backBytesPerMs: 700 };

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** `answer`: what a donor says when it is to measure its link to another; undefined: nothing. */
function room(answer: (from: PeerId, to: PeerId) => LinkMeasure | null | undefined, unreached: readonly PeerId[] = []) {
  const asked: string[] = [];
  const known = new Map<PeerId, Device["link"]>();
  const opened: PeerId[] = [];
  let nowMs = 0;
  const options: LinkSurveyOptions = {
    nowMs: () => nowMs,
    links: {
      measure: (to) => {
        opened.push(to);
        if (unreached.includes(to)) return Promise.reject(new TransportError("timeout", "no way"));
        return Promise.resolve({ rttMs: 4, rttSpreadMs: 2, bytesPerMs: 9000, backBytesPerMs: 8000 });
      },
    },
    donor: (peer) => ({
      device: { value: { isProbed: peer !== carl } as Device } as never,
      measured: (link) => void known.set(peer, link ?? "silent"),
      expect: () =>
        new Promise((resolve) => {
          queueMicrotask(() => {
            const to = PeerId.parse(asked.at(-1)?.split(" ")[1]);
            const link = answer(peer, to);
            if (link !== undefined) resolve({ type: "probed", epoch: 1, to, link } as never);
          });
        }),
      send: (message) => {
        if (message.type === "probe") asked.push(`${peer} ${message.to}`);
      },
    }),
  };
  const survey = new LinkSurvey(options);
  const measure = async (donors: readonly PeerId[]) => {
    const measuring = survey.measure(donors, { epoch: 1, signal: new AbortController().signal, say: () => undefined });
    await vi.advanceTimersByTimeAsync(60_000);
    await measuring;
  };
  return { survey, measure, asked, opened, known, pass: (ms: number) => (nowMs += ms) };
}

it("both directions of every pair, measured once while they hold", async () => {
  const { survey, measure, asked, opened, known, pass } = room(() => between);
  await measure([anna, ben]);
  expect(survey.cost("host", anna)).toEqual({ rttMs: 4, bytesPerMs: 9000 });
  expect(survey.cost(anna, "host")).toEqual({ rttMs: 4, bytesPerMs: 8000 });
  expect(survey.cost(anna, ben)).toEqual({ rttMs: 6, bytesPerMs: 3000 });
  expect(survey.cost(ben, anna)).toEqual({ rttMs: 6, bytesPerMs: 700 });
  expect(known.get(anna)).toEqual({ cost: survey.cost("host", anna), spreadMs: 2 });
  await measure([anna, ben]);
  expect([asked, opened]).toEqual([[`${anna} ${ben}`], [anna, ben]]);
  pass(700_000);
  await measure([anna, ben]);
  expect(asked).toHaveLength(2);
});

it("a device that cannot be measured is said so, and nobody waits for it twice", async () => {
  const { survey, measure, asked, opened, known } = room(() => between, [ben]);
  await measure([anna, ben, carl]);
  expect([known.get(ben), known.get(carl)]).toEqual(["silent", "silent"]);
  expect(survey.cost("host", ben)).toBeNull();
  expect(asked).toEqual([]);
  // One that speaks other probes is not even tried.
  expect(opened).toEqual([anna, ben]);
});

it("a donor that says nothing of its link is not asked about another", async () => {
  const { survey, measure, asked } = room(() => undefined);
  const dora = PeerId.parse("dora0000");
  await measure([anna, ben, dora]);
  expect(asked).toEqual([`${anna} ${ben}`, `${ben} ${dora}`]);
  expect(survey.cost(anna, ben)).toBeNull();
});

it("of one member one link at a time is measured", async () => {
  const answers = new ProbeAnswers({ answer: () => undefined });
  const accept = () => {
    const [ours, theirs] = memoryLinkPair().links;
    answers.accept({ from: anna, channel: "probe", link: theirs });
    return new Promise<string>((resolve) => ours.events.on("close", ({ reason }) => resolve(reason)));
  };
  const first = accept();
  expect(await accept()).toBe("remote");
  answers.close();
  expect(await first).toBe("remote");
});
