/** The ring picture's own units. */
export const SIZE = 400;
export const CENTRE = SIZE / 2;
/** Names stand under devices, but over the topmost: the picture needs room above and below the square. */
export const VIEW_BOX = `0 -22 ${SIZE} 440`;
export const RADIUS = 132;
/** Of a device. */
export const SEAT_RADIUS = 25;

/** On the orbit, clockwise from the top. */
export function pointAt(degrees: number): { readonly x: number; readonly y: number } {
  const radians = (degrees * Math.PI) / 180;
  return { x: round(CENTRE + RADIUS * Math.sin(radians)), y: round(CENTRE - RADIUS * Math.cos(radians)) };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
