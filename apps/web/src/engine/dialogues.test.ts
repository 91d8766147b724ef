import { expect, it } from "vitest";
import { Dialogues } from "./dialogues.ts";

const EOS = 0;

/** Letters are ids, two that follow one another on paper are one: what a model wrote as two is encoded as another one. */
function setUp() {
  const encoded: string[] = [];
  const dialogues = new Dialogues({
    encode(text) {
      encoded.push(text);
      return Int32Array.from(text.replace("ab", "Z"), (letter) => (letter === "." ? EOS : letter.charCodeAt(0)));
    },
    decode: (ids) => String.fromCharCode(...ids.filter((id) => id !== EOS)),
    textOf: (id) => (id === EOS ? "." : String.fromCharCode(id)),
    eosIds: [EOS],
  });
  const ids = (text: string) => Array.from(text, (letter) => (letter === "." ? EOS : letter.charCodeAt(0)));
  /** Asked, and answered by these very ids. */
  const answer = (prompt: string, output: string, conversation = "c") => {
    const promptIds = [...dialogues.idsOf(conversation, prompt)];
    dialogues.answered(conversation, { text: prompt, ids: promptIds }, ids(output));
    return promptIds;
  };
  return { dialogues, encoded, ids, answer };
}

it("a dialogue that goes on has the ids that were written, and only what is new is encoded", () => {
  const { dialogues, encoded, ids, answer } = setUp();
  answer("Q", "ab.");
  expect([...dialogues.idsOf("c", "Qab.R")]).toEqual(ids("Qab.R"));
  expect(encoded).toEqual(["Q", "R"]);
  // Without what is known two letters are one.
  expect([...dialogues.idsOf("other", "Qab.R")]).toEqual(ids("QZ.R"));
});

it("an edited question goes on from the latest dialogue that it still begins with", () => {
  const { dialogues, encoded, ids, answer } = setUp();
  answer("Q", "ab.");
  answer("Qab.R", "ab.");
  encoded.length = 0;
  expect([...dialogues.idsOf("c", "Qab.S")]).toEqual(ids("Qab.S"));
  expect(encoded).toEqual(["S"]);
  answer("Qab.S", "x");
  encoded.length = 0;
  expect([...dialogues.idsOf("c", "Qab.Rab.T")]).toEqual(ids("Qab.RZ.T")); // the other branch was let go
  expect([...dialogues.idsOf("c", "Qab.Sx")]).toEqual(ids("Qab.Sx"));
  expect(encoded).toEqual(["Rab.T", ""]);
});

it("nothing is known of one that was closed, and of an answer without words its question", () => {
  const { dialogues, encoded, answer } = setUp();
  answer("Q", "");
  answer("Q", "ab.", "closed");
  dialogues.forget("closed");
  encoded.length = 0;
  dialogues.idsOf("closed", "Qab.");
  dialogues.idsOf("c", "QR");
  expect(encoded).toEqual(["Qab.", "R"]);
});
