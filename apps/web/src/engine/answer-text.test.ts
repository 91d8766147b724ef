import type { TextStream } from "@jupiter/model/tokenizer";
import { expect, it } from "vitest";
import { AnswerText } from "./answer-text.ts";

/** Tokens are letters; 0 is half a character, which the next token completes. */
function stream(): TextStream {
  let isHalf = false;
  return {
    push(id) {
      const before = isHalf ? "é" : "";
      isHalf = id === 0;
      return isHalf ? before : before + String.fromCharCode(id);
    },
    flush: () => (isHalf ? "\uFFFD" : ""),
  };
}

function written(letters: string, stops: readonly string[] = []) {
  const answer = new AnswerText(stream(), stops);
  const shown: string[] = [];
  for (const letter of letters) {
    if (answer.isOver) break;
    shown.push(answer.push(letter === "0" ? 0 : letter.charCodeAt(0)));
  }
  return { answer, shown };
}

it("what is shown adds up to the text, half a character when its other half is there", () => {
  const { answer, shown } = written("ab0c");
  expect(shown).toEqual(["a", "b", "", "éc"]);
  answer.end();
  expect(answer).toMatchObject({ text: "abéc", isOver: false, tokens: [97, 98, 0, 99] });
});

it("a stop text ends it: neither it nor what was kept back is text, and its tokens count up to there", () => {
  const { answer, shown } = written("axyzb", ["xyz"]);
  expect(shown).toEqual(["a", "", "", ""]);
  answer.end();
  expect(answer).toMatchObject({ text: "a", isOver: true });
  expect(answer.tokens).toHaveLength(4);
  expect(() => answer.push(98)).toThrow(RangeError);
  const half = new AnswerText({ push: () => "a\n", flush: () => "rest of a character" }, ["\n"]);
  half.push(97);
  half.end();
  expect(half.text).toBe("a");
});

it("cut off in between, all that was kept back is text after all", () => {
  const { answer } = written("axy0", ["xyz"]);
  expect(answer.text).toBe("a");
  answer.end();
  expect(answer.text).toBe("axy\uFFFD");
});
