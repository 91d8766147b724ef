/** The host's room and its ring. */
import type { HostLayers } from "../../session/place-layers.ts";
import { units } from "./units.ts";

/** What the host's own tab computes; the first layers hide the words from everyone else. */
const hostLayers: Readonly<Record<Exclude<HostLayers, "all">, string>> = {
  none: "no layers",
  first: "the first layers",
  last: "the last layers",
  both: "the first and the last layers",
};

export const room = {
  name: "Room",
  tagline: "one model, many devices",
  about:
    "Phones and laptops that open this room’s link become one language model together. Questions and answers pass between them alone: no server reads them.",
  pageNotFetched:
    "the rest of this page could not be fetched. Check that this device is online and the server is there, then reload the page",
  opening: "Opening a room…",
  openingLate:
    "The server has not answered yet; it is tried again by itself. See that it runs, and that this device is online and on its network.",
  noModels: "The catalogue has no models.",
  notOpened: "The room could not be opened",
  tryAgain: "Try again",
  closed: "The room is closed",
  closedHint: "Its link lets nobody in any more. Your conversations stay in this browser.",
  openNew: "Open a new room",
  close: "Close the room",
  reopened:
    "This page was loaded anew. Your conversations are here, and the room’s link still holds: start the ring to go on.",
  serverGone: "The server cannot be reached at the moment",
  serverGoneHint:
    "A ring that runs goes on, and so does its chat; new devices have to wait. It is tried again by itself.",
  serverGoneStarting:
    "The start waits where it needs the server, and goes on when it is back. It is tried again by itself.",
  serverRefused: "The server has closed this room",
  reloadForNew: "Reload this page to open another; your conversations stay.",
  toRing: "Ring",
  toChat: "Chat",

  invite: "Invite devices",
  inviteButton: "Invite",
  inviteHint: "Open this link on each device. It carries the room’s key: share it only with people you trust.",
  inviteNowhere: "This address leads to this device alone. Connect it to your network, and start the server again.",
  inviteLink: "Invitation link",
  copyLink: "Copy link",
  shareLink: "Share",
  shareTitle: "Lend a device to a language model",
  copied: "Copied.",
  copyByHand: "Press Ctrl or ⌘ and C to copy it.",
  cameraCodeLarge: "Show the code for cameras in the whole window",
  cameraCodeLabel: "The invitation link as a QR code",

  ring: "Ring",
  devices: "Devices",
  alone: "Nobody has joined yet. This device can also answer alone.",
  ready: (model: string, layers: number) => `The ring is ready: ${model}, ${units.layers(layers)}.`,
  ended: "The ring has ended",
  notStarted: "The ring did not start",
  givenUp: "The start was given up.",
  cancel: "Cancel",
  start: "Start the ring",
  startAgain: "Start again",
  startAlone: "Start again with this device alone",
  startWith: (devices: number) => `Start again with ${units.devices(devices)}`,
  startWithout: (devices: readonly string[]) => `Start without ${devices.join(" and ")}`,
  tooSmall: (names: readonly string[]) =>
    `${names.join(" and ")} can hold no layer of this model and ${names.length === 1 ? "was" : "were"} left out.`,
  needsServer:
    "A new ring needs the server, which cannot be reached at the moment; so the ring that runs was kept. Start again when the server is back.",
  cutsAnswer: "An answer is being written. Starting again ends it where it is.",
  startAnyway: "End it and start again",
  keepWriting: "Keep writing",
  whyNotAsk: {
    starting: "The ring is starting. You can ask as soon as it is ready.",
    none: "Sending starts the ring.",
    ended: "There is no ring at the moment; sending starts it again.",
  },

  options: "Options",
  hostComputes: "This device computes",
  hostLayers,
  wordsStay: "The words stay here; other devices get numbers from which they could at best be guessed.",
  wordsLeave: "Without the first layers here, the next device can read your questions off the numbers it gets.",
  headMoves: "Let the last device find the words where that is faster",
  headMovesHint: "It can then read the answers; from the numbers that it has anyway, it could work them out.",
  headStays: "This device computes the last layers, and so finds the words itself.",
  backend: "Devices compute on",
  backends: {
    auto: "the best that works there",
    webgpu: "the graphics processor only",
    wasm: "the main processor only",
  },
  leavesOut: "Leave out devices that slow the ring down",
  longestAnswer: "Longest answer, in tokens",

  kept: "Kept on this device",
  nothingKept: "No weights are kept: each start fetches them.",
  delete: "Delete",
  deleteOf: (name: string) => `Delete ${name}`,

  picture: {
    label: (seats: readonly string[]) => `The ring: ${seats.join("; then ")}.`,
    preview: (seats: readonly string[]) => `In the room, not yet a ring: ${seats.join(", ")}.`,
    waiting: "no ring",
    starting: "starting…",
    readyTitle: "Ready",
    readyHint: "ask something",
    reading: "Reading",
    readingHint: "the question",
    perSecond: "tokens a second",
    lap: (ms: number) => `${units.milliseconds(ms)} a lap`,
    slowed: (times: number) => `The picture shows laps ${times} times slower than they are.`,
    large: "Show large",
    small: "Back",
  },
  plot: {
    speed: "Tokens a second",
    lap: "Time per lap",
    tokens: "This answer, lap by lap.",
    now: (value: string) => `now ${value}`,
    highest: (value: string) => `highest ${value}`,
    label: (what: string, now: string, most: string) => `${what} over this answer: now ${now}, highest ${most}.`,
  },
};
