/** The ring picture's own units. */
export const SIZE = 400;
export const CENTRE = SIZE / 2;
export const RADIUS = 132;
/** Of a device, while there are few enough. */
const SEAT_RADIUS = 25;
const BETWEEN_SEATS = 3;
/** A name and two lines. */
const ABOVE = 22;
const BELOW_SEAT = 61;
const BELOW_ORBIT = 12;

/** What of a device fits on the orbit beside its neighbours. */
export interface SeatSize {
  readonly radius: number;
  /** `all`: its name, and its numbers in a line each; `one`: its numbers in one line; `none`: not even its name, the cards have them. */
  readonly words: "all" | "one" | "name" | "none";
}

export function seatSize(count: number): SeatSize {
  const half = RADIUS * Math.sin(Math.PI / Math.max(2, count));
  const radius = round(Math.min(SEAT_RADIUS, half - BETWEEN_SEATS));
  return { radius, words: count <= 5 ? "all" : count <= 8 ? "one" : count <= 10 ? "name" : "none" };
}

/** On the orbit, clockwise from the top. */
export function pointAt(degrees: number): { readonly x: number; readonly y: number } {
  const radians = (degrees * Math.PI) / 180;
  return { x: round(CENTRE + RADIUS * Math.sin(radians)), y: round(CENTRE - RADIUS * Math.cos(radians)) };
}

/** Names stand under devices, but over the topmost: the picture needs room above the square, and below the lowest device. */
export function viewBox(count: number): string {
  const lowest = Math.max(...Array.from({ length: count }, (_, i) => pointAt((360 * i) / count).y));
  const bottom = Math.max(CENTRE + RADIUS + BELOW_ORBIT, lowest + seatSize(count).radius + BELOW_SEAT);
  return `0 ${-ABOVE} ${SIZE} ${round(bottom + ABOVE)}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
