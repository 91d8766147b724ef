/** Who may be in the room: asking, being let in, other names, being taken out; and what a server may not do. */
import type { WhyLeft } from "../../session/donor-session.ts";

const isFree = "The memory that this page had lent is free again.";

/** Why a donor's page is not in the room any more, and what to do. `again`: the button that joins anew; null: it would lead nowhere. */
const left: Readonly<
  Record<WhyLeft, { readonly title: string; readonly text: string; readonly again: string | null }>
> = {
  left: { title: "You left the room.", text: isFree, again: "Join again" },
  hidden: {
    title: "This page was in the background; it joins again when you are back.",
    text: isFree,
    again: "Join again",
  },
  closed: {
    title: "The host closed the room.",
    text: `${isFree} The room’s link leads nowhere now; the next room has another.`,
    again: null,
  },
  removed: {
    title: "The host removed this device from the room.",
    text: `${isFree} The link that you have opens the room no more. If this was a mistake, ask the host for the new link.`,
    again: null,
  },
  refused: {
    title: "The host did not let this device in.",
    text: "Tell whoever shows the room’s link who you are, then ask again.",
    again: "Ask again",
  },
  moved: {
    title: "The room has a new link.",
    text: "A device was removed, and this one could not be told the new link. Ask for it, and open it here.",
    again: null,
  },
};

export const guests = {
  askFirst: "Ask me first when a device joins",
  /** Over the page: devices that ask to join, and questions that wait. */
  atDoor: "Waits for your word",
  manyAtDoor: (count: number) => `${count} wait for your word`,
  inTitle: (words: string, usual: string) => `${words} · ${usual}`,
  asking: "Asking to join",
  /** `device`: what its name alone does not tell; null: nothing. */
  wants: (device: string | null) => ` wants to join${device === null ? "" : ` (${device})`}`,
  letIn: "Let in",
  letInDevice: (name: string) => `Let in ${name}`,
  refuse: "Refuse",
  refuseDevice: (name: string) => `Refuse ${name}`,

  menu: "Rename or remove",
  menuOf: (name: string) => `Rename or remove ${name}`,
  newName: (name: string) => `New name of ${name}`,
  rename: "Rename",
  isRemoved: (name: string) => `${name} is removed. The room has a new link, which those who stay have already.`,
  removeHint: "Removing it changes the room’s link: it cannot come back by the old one. The others stay.",
  remove: "Remove",
  removeDevice: (name: string) => `Remove ${name}`,
  removeEndsRing: (name: string) =>
    `${name} computes layers of the ring: without it the ring ends. An answer that is being written stops there, and its text so far is kept. Then start the ring anew with those who stay.`,
  removeAnyway: "Remove it and end the ring",
  keepDevice: "Keep it",
  wasRemoved: (name: string) => `${name} was removed.`,

  left,
  calledHere: (name: string) => `This device is called ${name} here.`,
  waitingTitle: "Waiting to be let in",
  waitingHint: "The host is asked whether to let this device in. Keep this page open.",
  hostAway:
    "No host is there by this link. If the host’s page is not open yet, this one goes on by itself when it is. If it is open, the link is an old one: ask the host for the new one.",

  unknownDevice: "A device that is not in",
  nonsense: (what: string) => `sent what makes no sense (${what.replace(/\.$/, "")})`,
  sentNonsense: (name: string, what: string) => `${name} ${what}.`,
  accusation: (by: string, whom: string, what: string) => `${by} says that ${whom} ${what}.`,
  strayed: "A device sends what nobody asked of it",
  strayedHint: (count: number) =>
    `${count === 1 ? "One link was" : `${count} links were`} closed, and nothing of it was used. If it goes on, remove that device.`,
  suspicious: "The server delivers what nobody here sent",
  suspiciousHint: (count: number) =>
    `${count === 1 ? "One message" : `${count} messages`} dropped; nothing was read and nobody let in by them. ` +
    `If it goes on, the room should move to another server.`,
  lastOne: (last: string) => `The last one: ${last}.`,
};
