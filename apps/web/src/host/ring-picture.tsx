/** The ring as a picture: who sits where, what each takes, the frames between them, and how fast tokens come. */
import { useEffect, useRef } from "preact/hooks";
import type { Place } from "../session/host-session.ts";
import { tokensPerSecond, type Lap, type Pulse } from "../state/pulse.ts";
import { rateInWords } from "../state/words.ts";
import type { HostStore } from "./host-store.ts";

const SIZE = 320;
const CENTRE = SIZE / 2;
const RADIUS = 108;
/** Faster ones would only flicker: a dot then stands for several laps. */
const SHORTEST_LAP_MS = 600;

export function RingPicture({ store }: { readonly store: HostStore }) {
  const view = store.ring.value;
  if (view.kind !== "ready") return null;
  const { places } = view.ring;
  const names = new Map(store.session.devices.value.map(({ peer, name }) => [peer as string, name]));
  const pulse = store.pulse.value;
  const label = places.map((place) => `${seatName(place, names)}, ${layerSpan(place)}`).join("; then ");
  return (
    <figure class="ring-picture">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={`The ring: ${label}.`}>
        <circle class="orbit" cx={CENTRE} cy={CENTRE} r={RADIUS} />
        <FrameDot pulse={pulse} />
        <Seat angle={0} title="This device" lines={["words in, words out", msInWords(pulse.headMs)]} isHost />
        {places.map((place, i) => (
          <Seat
            key={i}
            angle={((i + 1) / (places.length + 1)) * 2 * Math.PI}
            title={seatName(place, names)}
            lines={[layerSpan(place), msInWords(pulse.stageMs[i])]}
            isHost={place.seat === "host"}
          />
        ))}
        <Speed pulse={pulse} />
      </svg>
      <LapPlot laps={pulse.recent} />
    </figure>
  );
}

interface SeatProps {
  /** Clockwise from the top. */
  readonly angle: number;
  readonly title: string;
  readonly lines: readonly string[];
  readonly isHost: boolean;
}

function Seat({ angle, title, lines, isHost }: SeatProps) {
  const [x, y] = [CENTRE + RADIUS * Math.sin(angle), CENTRE - RADIUS * Math.cos(angle)];
  const short = title.length > 16 ? `${title.slice(0, 15)}…` : title;
  // Names stay within the picture, whichever side they are on.
  const textX = Math.min(SIZE - 52, Math.max(52, x));
  return (
    <g class={isHost ? "seat own" : "seat"}>
      <circle cx={x} cy={y} r={11} />
      <text x={textX} y={y + 26} text-anchor="middle">
        <tspan class="name">{short}</tspan>
        {lines.map((line, i) => (
          <tspan key={i} x={textX} dy={12}>
            {line}
          </tspan>
        ))}
      </text>
    </g>
  );
}

/** One trip round the ring for every lap, as far as eyes can follow. */
function FrameDot({ pulse }: { readonly pulse: Pulse }) {
  const dot = useRef<SVGGElement>(null);
  const running = useRef<Animation | null>(null);
  const { laps } = pulse;
  const lapMs = Math.max(SHORTEST_LAP_MS, pulse.recent.at(-1)?.lapMs ?? 0);
  useEffect(() => {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (laps === 0 || isCalm || dot.current === null || running.current?.playState === "running") return;
    running.current = dot.current.animate(
      [
        { transform: "rotate(0deg)", opacity: 1 },
        { transform: "rotate(360deg)", opacity: 1 },
      ],
      { duration: lapMs },
    );
  }, [laps, lapMs]);
  return (
    <g ref={dot} class="frame-dot">
      <circle cx={CENTRE} cy={CENTRE - RADIUS} r={5} />
    </g>
  );
}

function Speed({ pulse }: { readonly pulse: Pulse }) {
  const rate = tokensPerSecond(pulse);
  return (
    <text class="speed" x={CENTRE} y={CENTRE} text-anchor="middle">
      <tspan class="number">{rate === null ? "–" : rateInWords(rate)}</tspan>
      <tspan x={CENTRE} dy={18}>
        tokens a second
      </tspan>
    </text>
  );
}

/** Bars of the last laps' times; the longest fills the height. */
function LapPlot({ laps }: { readonly laps: readonly Lap[] }) {
  if (laps.length < 2) return null;
  const [width, height, most] = [SIZE, 48, Math.max(...laps.map(({ lapMs }) => lapMs))];
  const step = width / 60;
  const last = laps.at(-1);
  return (
    <figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`The last laps; the newest took ${msInWords(last?.lapMs)}.`}
      >
        {laps.map(({ lapMs, isToken }, i) => {
          const barHeight = Math.max(1, (lapMs / most) * height);
          return (
            <rect
              key={i}
              class={isToken ? "lap" : "lap chunk"}
              x={i * step}
              y={height - barHeight}
              width={step - 1}
              height={barHeight}
            />
          );
        })}
      </svg>
      <span class="hint">
        Laps, newest right: {msInWords(last?.lapMs)}; paler ones read the question. Longest {msInWords(most)}.
      </span>
    </figcaption>
  );
}

function seatName({ seat }: Place, names: ReadonlyMap<string, string>): string {
  return seat === "host" ? "This device" : (names.get(seat) ?? "A device");
}

function layerSpan({ layers: { first, end } }: Place): string {
  return end - first === 1 ? `layer ${end}` : `layers ${first + 1}–${end}`;
}

function msInWords(ms: number | undefined): string {
  return ms === undefined || ms === 0 ? "" : `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}
