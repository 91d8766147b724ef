import type { Suite } from "../suite.ts";
import { agreement } from "./agreement.ts";
import { budget } from "./budget.ts";
import { channels } from "./channels.ts";
import { chunks } from "./chunks.ts";
import { context } from "./context.ts";
import { decoding } from "./decoding.ts";
import { devices } from "./devices.ts";
import { gpu } from "./gpu.ts";
import { heterogeneous } from "./heterogeneous.ts";
import { load } from "./load.ts";
import { memory } from "./memory.ts";
import { network } from "./network.ts";
import { paper } from "./paper.ts";
import { prompts } from "./prompts.ts";
import { quality } from "./quality.ts";
import { scaling } from "./scaling.ts";
import { schedules } from "./schedules.ts";
import { single } from "./single.ts";
import { strategies } from "./strategies.ts";
import { task } from "./task.ts";
import { transport } from "./transport.ts";

/** In the order in which `all` runs them. */
export const suites: readonly Suite[] = [
  gpu,
  single,
  scaling,
  context,
  load,
  memory,
  transport,
  channels,
  budget,
  network,
  devices,
  heterogeneous,
  strategies,
  agreement,
  decoding,
  task,
  chunks,
  paper,
  schedules,
  prompts,
  quality,
];

/** Without a suite named. */
export const USUAL = ["single", "scaling"];
