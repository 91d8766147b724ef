/** Which model the ring runs, and how much text it can hold. */
import type { Offer } from "../../state/offers.ts";
import { units } from "./units.ts";

const from: Readonly<Record<Offer["from"], string | null>> = {
  server: null,
  internet: "from the internet",
  file: "a file of this device",
  address: "from its address",
};

/** Of models that are not in the catalogue. */
const trusted: Readonly<Record<Offer["from"], string | null>> = {
  server: null,
  internet: null,
  file: "The other devices get their layers from this one, and check them against its checksums. This page forgets the file when it is reloaded: choose it again then.",
  address:
    "No checksums are known: every device trusts what this address sends, and nothing of it is kept for the next time.",
};

function where(devices: number): string {
  return devices === 1 ? "this device" : `these ${devices} devices`;
}

export const models = {
  from,
  trusted,
  noLicence: "licence unknown",
  licence: (licence: string) => `licence ${licence}`,
  speed: (perSecond: number) => `about ${units.rate(perSecond)} tokens a second`,
  notMeasured: "speed not measured yet",
  contextLength: (tokens: number) => `context ${units.tokens(tokens)}`,
  short: {
    fits: "starts",
    fitsOnGpu: "starts with graphics processors",
    missing: (bytes: number) => `${units.bytes(bytes)} missing`,
    fewer: "fewer devices",
  },
  starts: (devices: number) => `Starts on ${where(devices)}.`,
  startsOnGpu: (devices: number) =>
    `Starts on ${where(devices)} if the graphics processor computes right; on the main processor it takes more memory.`,
  model: "Model:",
  list: "Models",
  file: "A GGUF file of this device (or drop one on this page)",
  address: "Address of a GGUF file",
  addressExample: "https://…/model.gguf",
  useAddress: "Use this address",
  reading: (name: string) => `Reading ${name}…`,
  refused: (name: string) => `${name} cannot be used`,
  tokens: (count: number) => `${count} tokens`,
  context: (tokens: number) => `Context: ${tokens} tokens a conversation`,
  arenas: (count: number) => `Conversations remembered at once: ${count}`,
  arenasHint: "Others are read again when you go back to them.",
  memory: (bytes: number) => `This device holds up to ${units.bytes(bytes)}`,
  memoryHint: "A tab that asks for more than its device has is ended by the system.",
};
