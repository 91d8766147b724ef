/** A plain pipeline whose layers stand where its task takes the least time in all: EdgeShard's other mode, beside the one that makes the slowest stage fastest. */
import { layerMs, plan, type DeviceProfile } from "@jupiter/planner";
import type { Task } from "@jupiter/simulator";
import { seatAt } from "../ring/plan-scenario.ts";

/** What a message takes on every link. */
export interface MessageCost {
  readonly mbitPerS: number;
  readonly perMessageBytes: number;
}

/**
 * Layers per device, 0 where one takes no part. By the planner. With the prompt in one piece and a token at a time nothing overlaps, so that the task's time is a sum in which every layer of a device counts alike, and so does every
 * hop: to the planner all of the task is one frame of one row. At least two devices, as one alone is no pipeline.
 */
export function latencySplit(task: Task, { mbitPerS, perMessageBytes }: MessageCost): readonly number[] {
  const { L, rowBytes, promptTokens, newTokens, devices } = task;
  const layerBytes = Array<number>(L).fill(0);
  const profiles = devices.map(({ layer }, device): DeviceProfile => {
    let floorMs = layerMs(layer, promptTokens, 0);
    for (let token = 1; token < newTokens; token++) floorMs += layerMs(layer, 1, promptTokens + token - 1);
    const costs = {
      layer: [{ fromRows: 1, floorMs, rowMs: 0, pairMs: 0 }],
      frameMs: 0,
      head: { floorMs: 0, rowMs: 0 },
    };
    const name = `device ${device + 1}`;
    return { seat: seatAt(device), name, costs, memoryBytes: Infinity, fixedBytes: 0, layerBytes, headBytes: 0 };
  });
  const found = plan({
    devices: profiles,
    link: () => ({ rttMs: 0, bytesPerMs: mbitPerS * 125 }),
    model: {
      ...{ L, kvBytes: 0, mostRows: 1 },
      rowBytes: (promptTokens + newTokens - 1) * rowBytes + newTokens * perMessageBytes,
      // The way back is the same for every split.
      scoreBytes: 0,
    },
    placement: { hostLayers: ["first"], head: ["last"], donors: "best" },
    workload: {
      ...{ promptTokens: 1, answerTokens: 1, answersAtOnce: 1 },
      ...{ tokensPerLap: 1, rowsPerLap: 1, framesPerLap: 1, hostLapMs: 0 },
    },
    objective: "first-token",
  });
  if (found.kind === "not-enough") throw new RangeError(found.message);
  return profiles.map(({ seat }) => {
    const { first = 0, end = 0 } = found.stages.find((stage) => stage.seat === seat)?.layers ?? {};
    return end - first;
  });
}
