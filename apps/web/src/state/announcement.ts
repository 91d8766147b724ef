/** What a screen reader is told of an answer that is being written: whole sentences, as many as came together. Pure. */

/** Fewer would be read as a stutter. */
const LEAST_LETTERS = 40;

/** `said`: letters of `answer` that were told already. Returns how many may be told now; `said` again if a sentence is not whole yet. */
export function sayableLength(answer: string, said: number, isComplete: boolean): number {
  if (isComplete) return answer.length;
  const ends = [...answer.slice(said).matchAll(/[.!?…:](?=\s)|\n\n/g)];
  const last = ends.at(-1);
  if (last === undefined) return said;
  const end = said + last.index + last[0].length;
  return end - said < LEAST_LETTERS ? said : end;
}
