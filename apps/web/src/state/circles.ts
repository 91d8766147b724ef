/**
 * Whether an answer goes round in circles: what it ends with is one block of text, over and over. Small models come there where they always take
 * the likeliest token. Pure.
 */

/** Letters from the end on that are read, however long the answer is: asked at every token, it costs the same each time. */
export const MOST_READ = 3000;
/** Fewer may be meant so: a refrain, a question and its echo. */
const LEAST_TIMES = 3;
const LEAST_LETTERS = 240;
/** Shorter blocks are often the cells of a table in code, or of a list: they have to go on for longer. */
const SHORT_BLOCK = 60;
const LEAST_LETTERS_OF_SHORT = 480;

export function goesRound(answer: string): boolean {
  // Points of a list that say the same under numbers of their own go round as well.
  const text = answer.slice(-MOST_READ).replace(/^([ \t]*)\d+(?=[.)])/gm, "$1#");
  const last = text.length - 1;
  // Read backwards, what repeats stands at the beginning: `borders[i]` is the longest part that both begins and ends the i + 1 letters read, and
  // what is missing to all of them is the period (Knuth, Morris and Pratt).
  const borders = new Uint16Array(text.length);
  for (let i = 1; i <= last; i++) {
    let border = borders[i - 1] ?? 0;
    while (border > 0 && text[last - i] !== text[last - border]) border = borders[border - 1] ?? 0;
    if (text[last - i] === text[last - border]) border++;
    borders[i] = border;
    const letters = i + 1;
    const block = letters - border;
    const least = block < SHORT_BLOCK ? LEAST_LETTERS_OF_SHORT : LEAST_LETTERS;
    // Rules and empty cells of tables, matrices of zeros: nothing that is said.
    if (letters >= least && letters >= LEAST_TIMES * block && /\p{L}/u.test(text.slice(-block))) return true;
  }
  return false;
}
