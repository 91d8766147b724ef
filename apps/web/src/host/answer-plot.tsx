/** The newest answer in two lines, lap by lap: how fast tokens came, and what each lap took. */
import { answerPlot, linePath } from "../state/answer-plot.ts";
import type { Lap } from "../state/pulse.ts";
import { texts } from "../texts/index.ts";

const [WIDTH, HEIGHT] = [320, 44];

export function AnswerPlot({ laps }: { readonly laps: readonly Lap[] }) {
  const points = answerPlot(laps);
  if (points.length < 2) return null;
  const { plot } = texts.room;
  return (
    <div class="plots">
      <Line
        name="speed"
        title={plot.speed}
        values={points.map(({ tokensPerSecond }) => tokensPerSecond)}
        inWords={texts.units.rate}
      />
      <Line name="lap" title={plot.lap} values={points.map(({ lapMs }) => lapMs)} inWords={texts.units.milliseconds} />
      <p class="hint axis">{plot.tokens}</p>
    </div>
  );
}

interface LineProps {
  readonly name: string;
  readonly title: string;
  readonly values: readonly number[];
  readonly inWords: (value: number) => string;
}

function Line({ name, title, values, inWords }: LineProps) {
  const { plot } = texts.room;
  const now = inWords(values.at(-1) ?? 0);
  const most = inWords(Math.max(...values));
  const path = linePath(values, WIDTH, HEIGHT);
  return (
    <figure class={`plot ${name}`}>
      <figcaption>
        <strong>{title}</strong>
        <span>
          {plot.now(now)} · {plot.highest(most)}
        </span>
      </figcaption>
      <svg
        viewBox={`0 -3 ${WIDTH} ${HEIGHT + 4}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={plot.label(title, now, most)}
      >
        <path class="area" d={`${path}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />
        <path class="line" d={path} />
      </svg>
    </figure>
  );
}
