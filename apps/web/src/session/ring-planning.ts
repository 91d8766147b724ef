/** Who computes which layers: devices are timed, one after the other, and the planner is asked. */
import { catalogueForm, type Checkpoint, type ModelForm } from "@jupiter/model";
import { fitLayer, type Plan, type PlanRequest, type Served } from "@jupiter/planner";
import type { PeerId, Seat } from "@jupiter/protocol";
import type { LayerTime } from "@jupiter/runtime";
import { unpacks as unpacksWeights } from "@jupiter/runtime/ladder";
import { EngineError, type Engine, type Proven } from "../engine/engine.ts";
import { texts } from "../texts/index.ts";
import { abortable } from "./abortable.ts";
import type { DonorProxy } from "./donor-proxy.ts";
import type { LinkSurvey } from "./link-survey.ts";
import { asHeld } from "./move-costs.ts";
import { planned, requestOf, type PlaceDevice } from "./place-layers.ts";
import type { Model, Place, RingOptions } from "./ring.ts";

/** One start of a ring. Whatever it waits for ends when `signal` aborts, and nothing of it is done after that. */
export interface Start {
  readonly epoch: number;
  /** What is being done, as a sentence; throws where the start was given up. */
  readonly say: (message: string) => void;
  readonly signal: AbortSignal;
  /** It cannot go on until the server is back. */
  readonly needsServer: () => boolean;
}

export interface PlanningParts {
  readonly engine: Engine;
  /** Throws `DonorLost` for one that is gone. */
  readonly donor: (peer: PeerId) => DonorProxy;
  readonly survey: LinkSurvey;
}

/** What was measured, and what the planner made of it. */
export interface PlannedBy {
  readonly request: PlanRequest;
  readonly plan: Plan;
}

export interface PlannedRing {
  readonly places: readonly Place[];
  /** Null: nothing was measured. */
  readonly by: PlannedBy | null;
  /** The same; where nothing was measured, with times that are made up. */
  readonly placed: PlannedBy;
  /** Of a device alone: what it took earlier. */
  readonly known: Served | null;
  /** Layers' bytes, as each device holds them, that it loaded in a millisecond lately; those that do not know are left out. */
  readonly rates: ReadonlyMap<Seat, number>;
}

/** Rejects `EngineError` where a device cannot be timed or all of them cannot hold the model, `PlannerError` for counts that do not fit. */
export async function planRing(
  { engine, donor, survey }: PlanningParts,
  options: RingOptions,
  checkpoint: Checkpoint,
  proven: Proven,
  { epoch, say, signal }: Start,
): Promise<PlannedRing> {
  const { donors, hostLayers, layers, compute, capacity, arenas, hostMemoryBytes = Infinity } = options;
  const takes = options.leavesOut === true ? "best" : "all";
  const link = (from: Seat, to: Seat) => survey.cost(from, to);
  const draft = options.draft === undefined ? null : await abortable(formOf(engine, options.draft), signal);
  // Medusa heads sit beside the LM head, and are fetched by the host alone.
  const head = options.medusa === undefined ? (options.head ?? "host") : "host";
  const room = { checkpoint, hostLayers, head, capacity, arenas, layers, takes, link, draft } as const;
  const host = {
    seat: "host",
    name: texts.session.theHost,
    memoryBytes: hostMemoryBytes,
    backend: proven.rung.backend,
    unpacks: unpacksWeights(proven.rung),
  } as const;
  // Nothing to weigh, so nothing to wait for: its answers tell what it takes.
  if (layers !== undefined || hostLayers === "all" || donors.length === 0) {
    const unmeasured = donors.map((peer) => ({ ...host, seat: peer, name: donor(peer).device.value.name }));
    const all = [...unmeasured, host].map((each) => ({ ...each, layerTimes: [] }));
    const request = requestOf({ ...room, devices: all });
    const placed = { request, plan: planned(request) };
    const isAlone = placed.plan.stages.every(({ seat }) => seat === "host");
    const known = isAlone ? engine.known(checkpoint.shape, proven.rung) : null;
    return { places: placesOf(placed.plan), by: null, placed, known, rates: new Map() };
  }
  const nameOf = (peer: PeerId) => donor(peer).device.value.name;
  await survey.measure(donors, {
    ...{ epoch, signal },
    say: ({ from, to }) => say(texts.plan.measuringLink(from === "host" ? null : nameOf(from), nameOf(to))),
  });
  const devices: PlaceDevice[] = [];
  const rates = new Map<Seat, number>();
  // One after the other: devices of one machine would slow each other down.
  for (const peer of donors) {
    const { name, memoryPledgeBytes, roundTripMs } = donor(peer).device.value;
    say(texts.session.timing(name));
    const answer = donor(peer).expect("profile", epoch);
    const asked = { type: "profile", epoch, shape: checkpoint.shape, ...compute } as const;
    donor(peer).send(head === "host" ? asked : { ...asked, head: true });
    const { backend, unpacks, layerTimes, headTimes, frameMs, handoverMs, isAnew, ...told } = await abortable(
      answer,
      signal,
    );
    if (told.loadBytesPerMs !== undefined) rates.set(peer, told.loadBytesPerMs);
    donor(peer).timed(fitLayer(measured(layerTimes)).error, isAnew);
    devices.push({
      seat: peer,
      name,
      ...{ layerTimes, headTimes, frameMs, handoverMs },
      drift: donor(peer).device.value.drift ?? 1,
      memoryBytes: memoryPledgeBytes,
      backend,
      unpacks,
      roundTripMs,
    });
  }
  say(texts.session.timingThis);
  const hasLayers = hostLayers !== "none";
  const own = await abortable(engine.measure(checkpoint.shape, proven.rung, { layers: hasLayers, head: true }), signal);
  if (hasLayers) devices.push({ ...host, ...own, layerTimes: measured(own.layerTimes) });
  else devices.push({ ...host, ...own, layerTimes: [], frameMs: 0, memoryBytes: Infinity });
  const ownRate = engine.loadRate(checkpoint.shape, proven.rung);
  if (ownRate !== null) rates.set("host", ownRate);
  const request = requestOf({ ...room, devices });
  const by = { request, plan: planned(request) };
  return { places: placesOf(by.plan), by, placed: by, known: null, rates: asHeld(rates, request, checkpoint) };
}

/** Null: what is no model is said where it is loaded. */
async function formOf(engine: Engine, { id, source }: Model): Promise<ModelForm | null> {
  const known = catalogueForm(id);
  if (known !== null) return known;
  const inspected = await engine.api.inspect(source, id);
  return inspected.ok ? inspected.value.checkpoint : null;
}

export function placesOf({ stages }: Plan): readonly Place[] {
  return stages.map(({ seat, layers }) => ({ seat, layers }));
}

function measured(times: readonly LayerTime[]): readonly LayerTime[] {
  if (times.every(({ ms }) => ms === 0)) throw new EngineError("internal", texts.session.notTimed);
  return times;
}
