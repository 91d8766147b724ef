/** The page that people see, with one donor: what of a token's lap its drawing takes. */
import type { RunningServer } from "@jupiter/signaling-server";
import type { Browser } from "playwright";
import { DonorPerson, ENDLESS, HostPerson, serve } from "../../scenarios/people.ts";
import { meanOf, stampOf, threadOf } from "./parts.ts";
import { stampFrames, type LapStamp } from "./stamp-frames.ts";
import { takeStamps } from "./tab-stamps.ts";

const TOKENS = 192;

export interface InView extends AsyncDisposable {
  /** Means of an answer's laps. `toLink`: of each frame, from the host's worker, which posts it, to the page, which sends it. */
  measure(): Promise<{ readonly lap: number; readonly toLink: number }>;
}

export async function openInView(browser: Browser): Promise<InView> {
  const server = await serve();
  try {
    const inits = { init: stampFrames, initWorkers: stampFrames };
    const host = await HostPerson.open(browser, server, inits);
    const donor = await DonorPerson.open(browser, await host.invitation());
    await donor.join("Donor");
    await host.arrived(1);
    await host.start("Start the ring");
    await host.setLongestAnswer(TOKENS);
    return inView(server, host, donor);
  } catch (error) {
    await server.close();
    throw error;
  }
}

function inView(server: RunningServer, host: HostPerson, donor: DonorPerson): InView {
  const room = { host: host.page, donors: [] };
  return {
    async measure() {
      await host.newConversation();
      await takeStamps(room);
      await host.ask(ENDLESS);
      await host.answered();
      const { tabs, laps } = await takeStamps(room);
      const { page, worker } = tabs[0]!;
      const [inPage, inWorker] = [threadOf(page), threadOf(worker)];
      const decoding = laps.filter(({ rows }) => rows === 1);
      const toLink = ({ frame }: LapStamp) =>
        stampOf(inPage, "sent", frame).atMs - stampOf(inWorker, "posted", frame).atMs;
      const [first] = decoding;
      const last = decoding.at(-1);
      return {
        lap: ((last?.sentMs ?? NaN) - (first?.sentMs ?? NaN)) / (decoding.length - 1),
        toLink: meanOf(decoding.map(toLink)),
      };
    },
    async [Symbol.asyncDispose]() {
      await host.page.context().close();
      await donor.vanish();
      await server.close();
    },
  };
}
