/** Frames on their way: one at a time while tokens come, several while a question is read. Slower than they are, so that eyes can follow. */
import { useEffect, useRef } from "preact/hooks";
import { visits, type Stop, type Visit } from "../state/lap-motion.ts";
import type { Pulse } from "../state/pulse.ts";
import { CENTRE, pointAt, RADIUS } from "./ring-geometry.ts";

/** Faster ones would only flicker: a dot then stands for several laps. */
export const SHORTEST_LAP_MS = 1600;
/** Chunks of a prompt that are shown at once, and the least time between two of them. */
const CHUNK_DOTS = 3;
const CHUNK_GAP_MS = 350;

interface LapDotsProps {
  readonly pulse: Pulse;
  /** The first and the last are both the host. */
  readonly stops: readonly Stop[];
  readonly seatRadius: number;
  /** An answer is being written. */
  readonly isBusy: boolean;
}

export function LapDots({ pulse, stops, seatRadius, isBusy }: LapDotsProps) {
  const halos = useRef<SVGGElement>(null);
  const dots = useRef<SVGGElement>(null);
  const running = useRef<Animation[]>([]);
  const lastStartMs = useRef(0);
  const { laps, recent } = pulse;
  const last = recent.at(-1);
  useEffect(() => {
    if (laps === 0 || last === undefined || dots.current === null || halos.current === null) return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const moving = (running.current = running.current.filter(({ playState }) => playState === "running"));
    const nowMs = performance.now();
    const isFull = moving.length >= (last.isAnswer ? 1 : CHUNK_DOTS);
    if (isFull || nowMs - lastStartMs.current < CHUNK_GAP_MS) return;
    const dot = [...dots.current.children].find((each) => each.getAnimations().length === 0);
    if (dot === undefined) return;
    lastStartMs.current = nowMs;
    const lap = visits(stops, last.lapMs);
    const durationMs = Math.max(SHORTEST_LAP_MS, last.lapMs);
    moving.push(travel(dot, lap, durationMs, last.isAnswer));
    if (last.isAnswer)
      lap.forEach((visit, i) => glow(halos.current?.children[i % (lap.length - 1)], visit, durationMs));
  }, [laps]);
  return (
    <>
      <g ref={halos} class={isBusy ? "halos busy" : "halos"}>
        {stops.slice(0, -1).map(({ angle }, i) => {
          const { x, y } = pointAt(angle);
          return <circle key={i} cx={x} cy={y} r={seatRadius * 1.28} />;
        })}
      </g>
      <g ref={dots} class="frames">
        {Array.from({ length: CHUNK_DOTS }, (_, i) => (
          <g key={i} class="frame-dot">
            <path class="tail" d={arc(-26, -3)} />
            <circle cx={CENTRE} cy={CENTRE - RADIUS} r={6} />
          </g>
        ))}
      </g>
    </>
  );
}

function travel(dot: Element, lap: readonly Visit[], durationMs: number, isAnswer: boolean): Animation {
  const opacity = isAnswer ? 1 : 0.55;
  const frames = lap.flatMap(({ angle, arrives, leaves }): Keyframe[] => [
    { transform: `rotate(${angle}deg)`, offset: arrives, opacity },
    { transform: `rotate(${angle}deg)`, offset: leaves, opacity, easing: "ease-in-out" },
  ]);
  return dot.animate(frames, { duration: durationMs });
}

/** For as long as the frame is there. */
function glow(halo: Element | undefined, { arrives, leaves }: Visit, durationMs: number): void {
  const fade = 0.04;
  halo?.animate(
    [
      { opacity: 0, offset: Math.max(0, arrives - fade) },
      { opacity: 1, offset: arrives },
      { opacity: 1, offset: leaves },
      { opacity: 0, offset: Math.min(1, leaves + fade) },
    ],
    { duration: durationMs, composite: "add" },
  );
}

/** Along the orbit, degrees from the top. */
function arc(from: number, to: number): string {
  const [a, b] = [pointAt(from), pointAt(to)];
  return `M${a.x} ${a.y}A${RADIUS} ${RADIUS} 0 0 1 ${b.x} ${b.y}`;
}
