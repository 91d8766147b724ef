/** One device on the ring: what it is, its share as a gauge round it, its name and numbers under it. */
import { shortName } from "../state/names.ts";
import type { RingSeat } from "../state/ring-seats.ts";
import { pointAt, SEAT_RADIUS, SIZE } from "./ring-geometry.ts";

export interface SeatProps {
  readonly seat: RingSeat;
  /** Degrees, clockwise from the top. */
  readonly angle: number;
  /** Many share the ring: names are cut sooner. */
  readonly isCrowded: boolean;
}

const GAUGE = 2 * Math.PI * SEAT_RADIUS;
/** Letters of the longest text fit on both sides of this. */
const TEXT_MARGIN = 62;
/** From one line of text to the next. */
const LINE = 15;

export function Seat({ seat: { name, kind, tone, share, lines }, angle, isCrowded }: SeatProps) {
  const { x, y } = pointAt(angle);
  const most = isCrowded ? 11 : 17;
  // Names stay within the picture, whichever side they are on.
  const textX = Math.min(SIZE - TEXT_MARGIN, Math.max(TEXT_MARGIN, x));
  const isTop = angle === 0;
  const firstLine = isTop ? y - SEAT_RADIUS - 14 - LINE * lines.length : y + SEAT_RADIUS + 17;
  return (
    <g class={`seat ${kind} ${tone}`}>
      <circle class="disc" cx={x} cy={y} r={SEAT_RADIUS} />
      {share !== null && (
        <circle
          class="gauge"
          cx={x}
          cy={y}
          r={SEAT_RADIUS}
          stroke-dasharray={`${share * GAUGE} ${GAUGE}`}
          transform={`rotate(-90 ${x} ${y})`}
        />
      )}
      <Glyph kind={kind} x={x} y={y} />
      <text x={textX} y={firstLine} text-anchor="middle">
        <tspan class="name">{shortName(name, most)}</tspan>
        {lines.map((line, i) => (
          <tspan key={i} x={textX} dy={LINE}>
            {line}
          </tspan>
        ))}
      </text>
    </g>
  );
}

interface GlyphProps {
  readonly kind: RingSeat["kind"];
  readonly x: number;
  readonly y: number;
}

function Glyph({ kind, x, y }: GlyphProps) {
  return (
    <g class="glyph" transform={`translate(${x} ${y})`}>
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
