/** A share in words; what rounds to nothing has no sign. */
export function percent(share: number, digits = 0): string {
  const text = (100 * share).toFixed(digits);
  return `${Number(text) === 0 ? text.replace("-", "") : text} %`;
}
