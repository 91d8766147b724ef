import { expect, it } from "vitest";
import { problemInWords } from "./relay-trouble.ts";

it.each([
  [
    401,
    "Unauthorized",
    /refused this room's credentials \(401 Unauthorized\); is --turn-secret its static-auth-secret\?$/,
  ],
  [701, "", /does not answer; is it running, and its port open\?$/],
  [508, "Cannot create socket", /gave no relay \(508 Cannot create socket\); its log says why$/],
  [486, "", /gave no relay \(486\); its log says why$/],
])("an error %d is told with what to look at", (code, text, words) => {
  expect(problemInWords(code, text, "turn:turn.example:3478")).toMatch(words);
});
