/** What went wrong, why that happens, and what to do next: one entry for everything that can. */
import type { Hindrance, LinkCause, RingTrouble } from "../../state/trouble.ts";
import type { FailureReason } from "../../engine/api.ts";

export interface Advice {
  readonly title: string;
  /** Why, if people can know; and the next step. */
  readonly next: string;
}

/** On the host's page, under what exactly happened. */
export const ringTrouble: Readonly<Record<RingTrouble, Advice>> = {
  left: {
    title: "A device left",
    next: "Room, conversation and the other devices are as they were. Start again with those that are left.",
  },
  removed: {
    title: "A device that computed layers of it was removed",
    next: "Room, conversation and the other devices are as they were. Start again with those who stay.",
  },
  vanished: {
    title: "A device is gone",
    next: "Its page was closed, its screen locked, or its network dropped. Start again with those that are left; it may come back by itself.",
  },
  link: {
    title: "A connection between devices broke",
    next: "Start again. If it breaks again, bring the devices nearer to the router, or leave the far one out.",
  },
  "out-of-memory": {
    title: "Not enough memory",
    next: "Invite one more device, let those here lend more, leave out the one that failed, or choose a smaller model.",
  },
  "device-lost": {
    title: "A graphics processor gave up",
    next: "Drivers do that when they are overloaded or updated. Start again; if it happens again, choose “the main processor only” in the options.",
  },
  "known-answer": {
    title: "A device computes wrong numbers",
    next: "Nothing wrong reached an answer. Leave that device out, or open the page in another browser on it.",
  },
  checksum: {
    title: "The model’s file is not what it should be",
    next: "Nothing of it was used. Fetch the file again where the server runs, or choose another model.",
  },
  fetch: {
    title: "The model could not be fetched",
    next: "See that the server runs and its network works, then start again: what has arrived is not fetched twice.",
  },
  unsupported: {
    title: "This cannot run here",
    next: "Change what the message names, or choose another model.",
  },
  "stale-plan": {
    title: "The devices did not agree on the ring",
    next: "One of them missed a change. Start again.",
  },
  "bad-frame": {
    title: "A device sent what makes no sense",
    next: "Start again without the one that is named; or reload the page on all devices first, so that they run the same version.",
  },
  internal: {
    title: "Something broke in this page",
    next: "Start again; if that does not help, reload the page. Conversations and the room’s link stay.",
  },
};

/** On the page of the device that cannot go on. */
export const donorTrouble: Readonly<Record<FailureReason, Advice>> = {
  link: {
    title: "The connection broke",
    next: "Keep this page in front and the device near the router; the host can start the ring again.",
  },
  "out-of-memory": {
    title: "This device ran out of memory",
    next: "Close other tabs and apps, or leave and join again with less memory. The host can go on without it.",
  },
  "device-lost": {
    title: "The graphics processor gave up",
    next: "Its driver was overloaded or updated. Reload this page and join again.",
  },
  "known-answer": {
    title: "This device computes wrong numbers",
    next: "Its driver or browser is at fault, and nothing wrong reached an answer. Try another browser, or an update.",
  },
  checksum: {
    title: "The layers that came are damaged",
    next: "Nothing of them was used. The host has to fetch the model again or choose another.",
  },
  fetch: {
    title: "The layers could not be fetched",
    next: "Check this device’s network; the host can then start again, and what has arrived is not fetched twice.",
  },
  unsupported: {
    title: "This device cannot compute this model",
    next: "Try another browser (a current Chrome, Edge, Safari or Firefox), or let the host go on without it.",
  },
  "stale-plan": {
    title: "This device missed a change of the ring",
    next: "The host can start the ring again.",
  },
  "bad-frame": {
    title: "A neighbour sent what makes no sense",
    next: "Reload the page on all devices, so that they run the same version.",
  },
  internal: {
    title: "Something broke in this page",
    next: "Reload it and join again.",
  },
};

/** Why two devices of one room may not reach each other, the likeliest first. */
export const linkTrouble = {
  hostTitle: "No connection",
  donorTitle: "The host cannot reach this device",
  intro: "The usual reasons:",
  retries: "It is tried again by itself.",
  causes: {
    "local-network":
      "The browser may not use the local network: on iPhone, iPad and Mac allow it under Settings, Privacy, Local Network.",
    "guest-wifi":
      "A guest Wi-Fi, or one with “client isolation”, keeps devices apart: use another network or a hotspot.",
    vpn: "A VPN on one of the devices takes its traffic elsewhere: switch it off for now.",
    "no-turn": "The server offers no relay (TURN) for networks that allow no direct way.",
  } satisfies Readonly<Record<LinkCause, string>>,
};

/** What this browser lacks; said before it matters. The page goes on. */
export const environment: Readonly<Record<Hindrance, Advice>> = {
  "no-webgpu": {
    title: "No WebGPU in this browser",
    next: "It computes on its main processor instead (wasm): right, but several times slower. A current Chrome or Edge, or Safari 26, may offer WebGPU.",
  },
  "no-gpu": {
    title: "No graphics processor to compute on",
    next: "WebGPU is here, the hardware behind it is not, or its driver is blocked. It computes on its main processor (wasm): right, but several times slower.",
  },
  "not-isolated": {
    title: "This page is not isolated from others",
    next: "Browsers then give it one processor core and less exact clocks. Its server must send the headers COOP and COEP; ours does, so look at a proxy in between.",
  },
  "no-store": {
    title: "This browser keeps no files",
    next: "A private window is the usual reason. Everything works, but the model is fetched anew on every visit; use an ordinary window to keep it.",
  },
  "full-store": {
    title: "The disk is full",
    next: "This browser keeps nothing more. Everything works, but the model is fetched anew on every visit; free some disk space, or delete what other pages keep.",
  },
  "no-webrtc": {
    title: "This browser connects to no other device",
    next: "WebRTC is missing or switched off. This device can answer alone; to share, use a current Chrome, Edge, Safari or Firefox.",
  },
};

/** Neither WebGPU nor keys: the page cannot go on. */
export const insecure: Advice = {
  title: "This address is not secure",
  next: "Browsers lend their graphics processor and their keys only to pages with https, or on localhost. Open this page that way.",
};

/** The link names a server that cannot be one; what exactly is wrong is said beside it. */
export const badAddress = "This link does not work";
