/** What devices are called: others' words, shown to people. Pure. */

/** Characters of a name. */
export const MAX_NAME = 60;

/** Without control and invisible characters, single-spaced, cut; `otherwise` where nothing is left. */
export function cleanName(name: string, otherwise = "A device"): string {
  const visible = name
    .normalize("NFC")
    .replace(/\p{White_Space}+/gu, " ")
    .replace(/\p{C}/gu, "");
  return first(visible.trim(), MAX_NAME).trim() || otherwise;
}

/** `wanted`, or with the lowest free number behind it, so that a message names one device alone. */
export function distinctName(wanted: string, taken: readonly string[]): string {
  const others = new Set(taken.map(folded));
  if (!others.has(folded(wanted))) return wanted;
  for (let n = 2; ; n++) {
    const number = ` ${n}`;
    const numbered = first(wanted, MAX_NAME - number.length) + number;
    if (!others.has(folded(numbered))) return numbered;
  }
}

/** For little room: the number behind a name is what tells it from others, so it stays. */
export function shortName(name: string, most: number): string {
  if (Array.from(name).length <= most) return name;
  const number = / \d+$/.exec(name)?.[0] ?? "";
  return `${first(name, most - 1 - number.length).trimEnd()}…${number}`;
}

/** Never half a character. */
function first(text: string, count: number): string {
  return Array.from(text).slice(0, count).join("");
}

function folded(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}
