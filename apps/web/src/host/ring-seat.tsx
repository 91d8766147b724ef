/** One device on the ring: what it is, its share as a gauge round it, its name and numbers under it. */
import { shortName } from "../state/names.ts";
import type { RingSeat } from "../state/ring-seats.ts";
import { pointAt, SIZE, type SeatSize } from "./ring-geometry.ts";

export interface SeatProps {
  readonly seat: RingSeat;
  /** Degrees, clockwise from the top. */
  readonly angle: number;
  readonly size: SeatSize;
}

/** Half of the longest text. */
const TEXT_MARGIN = 64;
/** Of words between many devices: away from the planet. */
const OUTWARD = 55;
/** From one line of text to the next. */
const LINE = 17;
/** The glyphs are drawn for a device of this radius. */
const GLYPH_RADIUS = 25;
/** Letters of a name where the ring has room, and where it has neighbours or the planet beside it. */
const MOST_LETTERS = 20;
const MOST_BESIDE = 13;

export function Seat({ seat: { name, kind, tone, share, lines }, angle, size }: SeatProps) {
  const { x, y } = pointAt(angle);
  const { radius, words } = size;
  const gauge = 2 * Math.PI * radius;
  const isOnAxis = angle === 0 || angle === 180;
  const most = words === "all" && isOnAxis ? MOST_LETTERS : MOST_BESIDE;
  // Names stay within the picture, whichever side they are on.
  const wantedX = words === "all" ? x : x + OUTWARD * Math.sin((angle * Math.PI) / 180);
  const textX = isOnAxis ? x : Math.min(SIZE - TEXT_MARGIN, Math.max(TEXT_MARGIN, wantedX));
  const shown = words === "all" ? lines : words === "one" && lines.length > 0 ? [lines.join(" · ")] : [];
  const firstLine = angle === 0 ? y - radius - 13 - LINE * shown.length : y + radius + 19;
  return (
    <g class={`seat ${kind} ${tone}`}>
      <circle class="disc" cx={x} cy={y} r={radius} />
      {share !== null && (
        <circle
          class="gauge"
          cx={x}
          cy={y}
          r={radius}
          stroke-dasharray={`${share * gauge} ${gauge}`}
          transform={`rotate(-90 ${x} ${y})`}
        />
      )}
      <Glyph kind={kind} x={x} y={y} scale={radius / GLYPH_RADIUS} />
      {words !== "none" && (
        <text x={textX} y={firstLine} text-anchor="middle">
          <title>{name}</title>
          <tspan class="name">{shortName(name, most)}</tspan>
          {shown.map((line, i) => (
            <tspan key={i} x={textX} dy={LINE}>
              {line}
            </tspan>
          ))}
        </text>
      )}
    </g>
  );
}

interface GlyphProps {
  readonly kind: RingSeat["kind"];
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

function Glyph({ kind, x, y, scale }: GlyphProps) {
  return (
    <g class="glyph" transform={`translate(${x} ${y}) scale(${scale})`}>
      {kind === "phone" ? (
        <>
          <rect x={-6} y={-11} width={12} height={22} rx={2.5} />
          <path d="M-1.5 7.500H1.500" />
        </>
      ) : (
        <>
          <rect x={-11} y={-9} width={22} height={14} rx={2} />
          <path d="M-14 9H14" />
          {kind === "host" && (
            <path
              class="star"
              d="M0 -6.500L1.300 -3.300L4.500 -2L1.300 -0.700L0 2.500L-1.300 -0.700L-4.500 -2L-1.300 -3.300Z"
            />
          )}
        </>
      )}
    </g>
  );
}
