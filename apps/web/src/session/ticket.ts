/**
 * How a device that was let in shows later, under another id, that it is the same. The host gives each a ticket of its own over the control
 * link, which nobody else sees. What comes back is an HMAC-SHA-256 of the new id under it: good for this id alone, and the ticket never
 * travels through the server. Tickets and proofs are 32 bytes in hexadecimal digits.
 */
import type { PeerId } from "@jupiter/protocol";

const TICKET_BYTES = 32;
const HMAC = { name: "HMAC", hash: "SHA-256" } as const;

export function createTicket(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(TICKET_BYTES)));
}

/** Null for a ticket that is none. */
export async function resumeProof(ticket: string, peer: PeerId): Promise<string | null> {
  const key = await tryKey(ticket);
  return key && toHex(new Uint8Array(await crypto.subtle.sign("HMAC", key, claimOf(peer))));
}

/** The one of `tickets` that the proof is of; null: of none. */
export async function tryTicket(tickets: readonly string[], peer: PeerId, proof: string): Promise<string | null> {
  const bytes = tryFromHex(proof);
  if (bytes === null) return null;
  for (const ticket of tickets) {
    const key = await tryKey(ticket);
    if (key !== null && (await crypto.subtle.verify("HMAC", key, bytes, claimOf(peer)))) return ticket;
  }
  return null;
}

async function tryKey(ticket: string): Promise<CryptoKey | null> {
  const bytes = tryFromHex(ticket);
  return bytes && crypto.subtle.importKey("raw", bytes, HMAC, false, ["sign", "verify"]);
}

function claimOf(peer: PeerId): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`jupiter let in before, version 1\n${peer}`);
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function tryFromHex(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[0-9a-f]{64}$/.test(text)) return null;
  return Uint8Array.from({ length: TICKET_BYTES }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
