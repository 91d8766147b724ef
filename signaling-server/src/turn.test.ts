import { createHmac } from "node:crypto";
import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { renewEveryMs, turnAccess } from "./turn.ts";

const turn = { urls: ["turn:turn.example:3478"], secret: "shared", lifetimeSeconds: 600 };
const peer = PeerId.parse("peer-id-1");

it("names until when it holds and whose it is, proves that with the secret, and holds longer when asked later", () => {
  const access = turnAccess(turn, peer, 1_000_500);
  expect(access).toEqual({
    urls: turn.urls,
    username: "1600:peer-id-1",
    credential: createHmac("sha1", "shared").update("1600:peer-id-1").digest("base64"),
  });
  expect(turnAccess(turn, peer, 1_000_500 + renewEveryMs(turn)).username).toBe("1900:peer-id-1");
});

it("holds for twelve hours if not told, and is renewed at half time", () => {
  const { username } = turnAccess({ urls: turn.urls, secret: "shared" }, peer, 0);
  expect(username).toBe(`${12 * 3600}:peer-id-1`);
  expect(renewEveryMs({ urls: turn.urls, secret: "shared" })).toBe(6 * 3600 * 1000);
});
