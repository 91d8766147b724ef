/** The ring as a picture: who sits where, what each takes, the frames between them, and how fast tokens come. */
import { ringSeats, type RingSeat } from "../state/ring-seats.ts";
import { tokensPerSecond } from "../state/pulse.ts";
import { texts } from "../texts/index.ts";
import type { HostStore } from "./host-store.ts";
import { LapDots } from "./lap-dots.tsx";
import { CENTRE, pointAt, RADIUS, seatSize, SIZE, viewBox } from "./ring-geometry.ts";
import { Seat } from "./ring-seat.tsx";

export function RingPicture({ store }: { readonly store: HostStore }) {
  const view = store.ring.value;
  const pulse = store.pulse.value;
  const seats = ringSeats({ view, devices: store.session.devices.value, chosen: store.chosen.value, pulse });
  const isRing = view.kind === "ready";
  const said = seats.map(({ name, lines }) => [name, ...lines].join(" "));
  const { picture } = texts.room;
  const angles = seats.map((_, i) => (360 * i) / seats.length);
  const size = seatSize(seats.length);
  // Between many devices their names take the room.
  const directions = size.words === "all" ? angles : [angles[0] ?? 0, angles.at(-1) ?? 0];
  return (
    <svg
      class={`ring-picture ${view.kind}`}
      viewBox={viewBox(seats.length)}
      role="img"
      aria-label={isRing ? picture.label(said) : picture.preview(said)}
    >
      <Planet />
      <circle class="orbit" cx={CENTRE} cy={CENTRE} r={RADIUS} />
      {isRing && directions.map((angle, i) => <Direction key={i} angle={angle + 180 / seats.length} />)}
      {isRing && (
        <LapDots
          pulse={pulse}
          stops={stopsOf(seats, angles)}
          seatRadius={size.radius}
          isBusy={store.chat.isAnswering.value}
        />
      )}
      {seats.map((seat, i) => (
        <Seat key={seat.key} seat={seat} angle={angles[i] ?? 0} size={size} />
      ))}
      <Middle store={store} />
    </svg>
  );
}

/** The last stop is the first again: the host takes what comes back. */
function stopsOf(seats: readonly RingSeat[], angles: readonly number[]) {
  const stops = seats.map(({ outMs }, i) => ({ angle: angles[i] ?? 0, dwellMs: outMs }));
  return [...stops, { angle: 360, dwellMs: seats[0]?.inMs ?? 0 }];
}

/** What the ring goes round: its bands are the page's sign, above and below the numbers. */
function Planet() {
  return (
    <g class="planet">
      <rect class="band-1" x={0} y={0} width={SIZE} height={SIZE} />
      <rect class="band-2" x={0} y={CENTRE - 60} width={SIZE} height={20} />
      <rect class="band-3" x={0} y={CENTRE + 44} width={SIZE} height={14} />
      <rect class="band-2" x={0} y={CENTRE + 63} width={SIZE} height={11} />
    </g>
  );
}

/** Which way frames go. */
function Direction({ angle }: { readonly angle: number }) {
  const { x, y } = pointAt(angle);
  return <path class="direction" d="M-4 -5L4 0L-4 5" transform={`translate(${x} ${y}) rotate(${angle})`} />;
}

function Middle({ store }: { readonly store: HostStore }) {
  const { picture } = texts.room;
  const pulse = store.pulse.value;
  const view = store.ring.value;
  const rate = tokensPerSecond(pulse);
  const last = pulse.recent.at(-1);
  const [big, small, more] =
    view.kind !== "ready"
      ? ["", view.kind === "starting" ? picture.starting : picture.waiting, ""]
      : last?.isAnswer === false
        ? [picture.reading, picture.readingHint, ""]
        : rate === null
          ? [picture.readyTitle, picture.readyHint, ""]
          : [texts.units.rate(rate), picture.perSecond, last === undefined ? "" : picture.lap(last.lapMs)];
  return (
    <text class="middle" x={CENTRE} y={CENTRE + (big === "" ? 5 : 0)} text-anchor="middle">
      {big !== "" && <tspan class={rate === null || last?.isAnswer === false ? "word" : "number"}>{big}</tspan>}
      <tspan x={CENTRE} dy={big === "" ? 0 : 19}>
        {small}
      </tspan>
      <tspan x={CENTRE} dy={17}>
        {more}
      </tspan>
    </text>
  );
}
