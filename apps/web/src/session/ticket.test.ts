import { PeerId } from "@jupiter/protocol";
import { expect, test } from "vitest";
import { createTicket, resumeProof, tryTicket } from "./ticket.ts";

const [anna, eve] = [PeerId.parse("anna0000"), PeerId.parse("eve00000")];

test("a proof shows its ticket among others, for its own id alone", async () => {
  const tickets = [createTicket(), createTicket(), createTicket()];
  const proof = (await resumeProof(tickets[1]!, anna))!;
  expect(proof).toMatch(/^[0-9a-f]{64}$/);
  expect(await tryTicket(tickets, anna, proof)).toBe(tickets[1]);
  // Seen by another member, or told to it by the server.
  expect(await tryTicket(tickets, eve, proof)).toBeNull();
  expect(await tryTicket([tickets[0]!, tickets[2]!], anna, proof)).toBeNull();
});

test("what is no ticket and no proof proves nothing", async () => {
  const ticket = createTicket();
  expect(await resumeProof("short", anna)).toBeNull();
  for (const proof of ["", "a".repeat(64), ticket]) expect(await tryTicket([ticket, "short"], anna, proof)).toBeNull();
});
