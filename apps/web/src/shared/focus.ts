/** Nothing has the focus, as when what had it is gone from the page. */
export function isFocusNowhere(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
