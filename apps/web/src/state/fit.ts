/** Whether the devices of a room could hold a model, before anything of it is fetched or measured. */
import type { ModelForm } from "@jupiter/model";
import type { Backend, Seat } from "@jupiter/protocol";
import { whatLayersMiss, type HeadPlace, type HostLayers } from "../session/place-layers.ts";
import { texts } from "../texts/index.ts";

/** What a device says of itself. */
export interface FitDevice {
  readonly seat: Seat;
  readonly name: string;
  readonly memoryBytes: number;
  /** Those that it may try, the preferred one first. */
  readonly backends: readonly Backend[];
}

export interface FitRequest {
  /** The host among them. */
  readonly devices: readonly FitDevice[];
  readonly hostLayers: HostLayers;
  readonly head?: HeadPlace;
  readonly backend: Backend | "auto";
  /** Slots per conversation. */
  readonly capacity: number;
  /** Conversations whose cache is kept at once. */
  readonly arenas: number;
  /** The model that guesses ahead on the host; none if not told. */
  readonly draft?: ModelForm | null;
}

export type Fit =
  /** `onGpu`: only as graphics processors hold weights, some types in less than wasm does; which wants ones that compute right. */
  | { readonly kind: "fits"; readonly devices: number; readonly onGpu: boolean }
  /** `tooSmall`: those that can hold no layer at all. */
  | {
      readonly kind: "too-little";
      readonly missingBytes: number;
      readonly message: string;
      readonly tooSmall: readonly Seat[];
    }
  /** More devices than layers. */
  | { readonly kind: "too-many"; readonly message: string };

/** A device's back end is known only when it has computed: the memory-hungry one counts where it would do. */
export function fitOf(form: ModelForm, request: FitRequest): Fit {
  const onProcessor = fitWith(form, request, () => "wasm");
  if (onProcessor.kind === "fits" || request.backend === "wasm") return onProcessor;
  const mayGpu = ({ backends }: FitDevice) => request.backend === "webgpu" || backends.includes("webgpu");
  const onGpu = fitWith(form, request, (device) => (mayGpu(device) ? "webgpu" : "wasm"));
  return onGpu.kind === "fits" ? { ...onGpu, onGpu: true } : onGpu;
}

function fitWith(form: ModelForm, request: FitRequest, backendOf: (device: FitDevice) => Backend): Fit {
  const { devices, hostLayers, head = "host", capacity, arenas, draft = null } = request;
  const missing = whatLayersMiss({
    checkpoint: form,
    hostLayers,
    head,
    capacity,
    arenas,
    draft,
    layers: undefined,
    // Nothing is measured yet, and memory alone is asked for.
    devices: devices.map((device) => ({ ...device, layerTimes: [], backend: backendOf(device) })),
  });
  if (missing === null) return { kind: "fits", devices: hostLayers === "all" ? 1 : devices.length, onGpu: false };
  const message = sentence(missing.message);
  return missing.reason === "memory"
    ? {
        kind: "too-little",
        missingBytes: missing.missingBytes,
        message,
        tooSmall: missing.devices.filter(({ layers }) => layers === 0).map(({ seat }) => seat),
      }
    : { kind: "too-many", message };
}

/** A few words, for a list. */
export function fitInShort(fit: Fit): string {
  const { short } = texts.models;
  switch (fit.kind) {
    case "fits":
      return fit.onGpu ? short.fitsOnGpu : short.fits;
    case "too-little":
      return short.missing(fit.missingBytes);
    case "too-many":
      return short.fewer;
    default:
      return fit satisfies never;
  }
}

/** What it means and what to do. */
export function fitInWords(fit: Fit): string {
  if (fit.kind !== "fits") return fit.message;
  return fit.onGpu ? texts.models.startsOnGpu(fit.devices) : texts.models.starts(fit.devices);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
