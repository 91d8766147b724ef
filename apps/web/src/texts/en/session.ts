/** What a start is doing, and how devices and links come to an end, as host and donors tell it. */
export const session = {
  assembling: "Putting the ring together…",
  awaitingServer: "Waiting for the server, which cannot be reached at the moment…",
  awaitingSource: "Waiting for the model’s source, which does not answer. It is tried again…",
  reading: (model: string) => `Reading ${model}…`,
  proving: "Checking what this device computes…",
  timing: (device: string) => `Timing ${device}…`,
  timingThis: "Timing this device…",
  hashing: (model: string) => `Computing checksums of ${model}…`,
  loading: "Loading the layers…",
  loadingDraft: (model: string) => `Loading ${model}, which guesses ahead…`,
  linking: "Linking…",

  startedAnew: "A new ring is being put together.",
  givenUp: "The ring was given up. Waiting for the host to start again.",
  oneRemoved:
    "A device was taken out of the room. This page stays in it, and goes on by itself when the host starts the ring.",
  moving: "A device has become slower or faster: layers move between the devices…",
  leftOut: "The ring is faster without this device. It is taken in as soon as it helps.",
  deviceOfPlanLeft: "A device of the plan has left; start again with those that are there.",
  noStages: "The plan has no stages.",
  notTimed: "A device did not say how fast it is; reload its page.",
  ringLinkLost: (message: string) => `A link of the ring was lost: ${message}`,

  theHost: "the host",
  aNeighbour: "a neighbour",
  deviceLeft: (device: string) => `${device} left.`,
  deviceGone: (device: string, message: string) => `${device} is gone: ${message.replace(/\.$/, "")}.`,
  unreachable: (device: string, message: string) => `${device} cannot be reached: ${message}`,
  silent: (device: string, seconds: number) => `${device} has not answered for ${seconds} seconds.`,
  linkLost: (device: string, message: string) => `The link to ${device} was lost: ${message}`,
};
