/** The page of a device that joins. */
import { units } from "./units.ts";

export const donor = {
  tagline: "one model, many devices",
  startedAnew: "This page was started anew",
  systemClosed:
    "The system closed this page while it was lending memory, most likely because memory ran out. It now offers less.",
  joinTitle: "Join the ring?",
  joinHint:
    "Whoever sent you this link is putting several devices together to run a language model that answers questions. " +
    "Your device would compute a part of it, in this tab, for as long as the tab is open.",
  costs: [
    { what: "Download:", text: "your share of the model; the page shows how much." },
    {
      what: "Battery:",
      text: "it computes while answers are written. On a phone, keep this page in front.",
    },
    {
      what: "Privacy:",
      text: "nothing of yours is read. Your device gets numbers out of the conversation; whoever tries hard may guess words from them.",
    },
  ],
  name: "This device’s name",
  memory: (bytes: number) => `Memory: up to ${units.bytes(bytes)}, given back when you leave`,
  granted: (bytes: number) => `This browser gives up to ${units.bytes(bytes)}`,
  grantedHint:
    "It refused the rest of what was offered. Closing other tabs and programs, then joining again, may free some.",
  join: "Join",
  joining: "Joining…",
  joiningLate:
    "The server has not answered yet; it is tried again by itself. See that this device is online and on the same network as the host.",
  cannotJoin: "This device cannot join",
  noWebRtc:
    "This browser has no WebRTC, or it is switched off, so that no other device can reach it. Open the link in a current Chrome, Edge, Safari or Firefox.",
  notJoined: "This device could not join",
  pageNotFetched:
    "the rest of this page could not be fetched. Check that this device is online and on the right network, then reload the page",
  inRoom: "In the room",
  noHost: "Waiting for the host",
  serverGoneHint: "What runs goes on; new devices have to wait. It is tried again by itself.",
  serverRefused: "The server has closed this room to this device",
  reload: "Reload this page to try again.",
  leave: "Leave",
  loaded: (done: number, all: number) => `${units.bytes(done)} of ${units.bytes(all)}`,
  timeLeft: (seconds: number) =>
    seconds < 90 ? `about ${Math.ceil(seconds)} s left` : `about ${Math.round(seconds / 60)} min left`,
  readyHint: "Ready. Waiting for the others.",
  serving: (backend: string) => `In the ring, computing on ${backend}.`,
  tokens: "tokens computed",
  scores: "It also finds the words of the answers, for the host to choose from.",
  waitingForStart: "Waiting for the host to start the ring with this device.",
  measuring: "Measuring how fast this device is.",
  hostGone: (message: string) =>
    `The host is gone: ${message.replace(/\.$/, "")}. When it is back, this page goes on by itself.`,
  hostBack: "The host is back. Waiting for it to start the ring.",
};
