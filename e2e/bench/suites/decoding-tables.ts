/** What runs of ways of decoding come to, in emulated tabs and on paper: rows and tables of the report. */
import { harmonicMean, type DecodingCase, type DecodingCases, type Recorded } from "../../sim/decoding-cases.ts";
import type { ReportTable } from "../report.ts";
import { row, type Row } from "../row.ts";

const SIDES = ["emulated", "simulated"] as const;
type Side = (typeof SIDES)[number];

/** One set, run both ways. */
export interface Compared {
  readonly one: DecodingCase;
  readonly asked: readonly Recorded[];
  readonly emulated: Run;
  readonly simulated: Run;
  /** This machine was late, so the figures are not the emulated boards'. */
  readonly isLate: boolean;
}

export interface Run {
  readonly msPerToken: number;
  readonly laps: number;
}

type Plain = Pick<DecodingCases, "plain">;

export function tablesOf(cases: Plain, compared: readonly Compared[]): readonly ReportTable[] {
  return [casesTable(cases, compared), kindsTable(cases, compared), runsTable(compared)].filter(
    ({ lines }) => lines.length > 0,
  );
}

/** Milliseconds a token: the mean of what was run. */
function plainMsOf({ plain }: Plain, compared: readonly Compared[], of: Side): number {
  const own = compared.filter(({ one }) => one === plain);
  return own.reduce((sum, each) => sum + each[of].msPerToken, 0) / own.length;
}

/** By case, in the order of running; plain decoding is none. */
function byCase({ plain }: Plain, compared: readonly Compared[]): readonly Compared[][] {
  const others = new Set(compared.flatMap(({ one }) => (one === plain ? [] : [one])));
  return [...others].map((one) => compared.filter((each) => each.one === one));
}

export function rowsOf(cases: Plain, compared: readonly Compared[]): Row[] {
  const facts = { source: "emulated", better: "less" } as const;
  const took = ({ title }: DecodingCase, own: readonly Compared[]) => [
    row(
      { ...facts, name: `${title}: decode`, unit: "ms/token", values: "items" },
      own.map(({ emulated }) => emulated.msPerToken),
    ),
    row({ ...facts, name: `${title}: error of what was simulated`, unit: "%", values: "items" }, own.map(errorOf)),
  ];
  const plain = compared.filter(({ one }) => one === cases.plain);
  const others = byCase(cases, compared).flatMap((own) => {
    const { one } = own[0]!;
    const speedUps = SIDES.flatMap((source) => {
      const times = own.map((each) => plainMsOf(cases, compared, source) / each[source].msPerToken);
      const more = { source, unit: "times", better: "more" } as const;
      const least = row({ ...more, name: `${one.title}: as fast as plain, least, ${source}` }, [Math.min(...times)]);
      return [
        row({ ...more, name: `${one.title}: as fast as plain, ${source}` }, [harmonicMean(times)]),
        ...(own.length > 1 ? [least] : []),
      ];
    });
    return [...speedUps, ...took(one, own)];
  });
  return [...took(cases.plain, plain), ...others];
}

/** Percent, without its sign. */
function errorOf({ emulated, simulated }: Compared): number {
  return 100 * Math.abs(simulated.msPerToken / emulated.msPerToken - 1);
}

/** Times as fast as plain decoding, in all and by kind of question, of answers that are alone. */
function kindsTable(cases: Plain, compared: readonly Compared[]): ReportTable {
  const alone = byCase(cases, compared).filter((own) => own.every(({ asked }) => asked.length === 1));
  const kinds = [...new Set(alone.flat().map(({ asked }) => kindsOf(asked)))];
  const lines = alone.flatMap((own) =>
    SIDES.map((of) => {
      const timesOf = ({ [of]: { msPerToken } }: Compared) => plainMsOf(cases, compared, of) / msPerToken;
      const times = own.map(timesOf);
      const each = kinds.map((kind) => own.filter(({ asked }) => kindsOf(asked) === kind).map(timesOf));
      return [
        ...[`${own[0]!.one.title}, ${of}`, harmonicMean(times).toFixed(2), Math.min(...times).toFixed(2)],
        ...each.map((some) => (some.length === 0 ? "" : harmonicMean(some).toFixed(1))),
      ];
    }),
  );
  return { title: "One answer at a time, times as fast as plain", columns: ["", "all", "least", ...kinds], lines };
}

/** `over the simulator's`: where this machine delays plain decoding, its own plain token flatters. */
function casesTable(cases: Plain, compared: readonly Compared[]): ReportTable {
  const [emulatedMs, simulatedMs] = [plainMsOf(cases, compared, "emulated"), plainMsOf(cases, compared, "simulated")];
  const lines = byCase(cases, compared).map((own) => {
    const times = (plainMs: number, of: Side) =>
      harmonicMean(own.map((each) => plainMs / each[of].msPerToken)).toFixed(2);
    const errors = own.map(errorOf);
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    return [
      ...[own[0]!.one.title, `${own.length}`, `${own.filter(({ isLate }) => !isLate).length}`],
      ...[times(emulatedMs, "emulated"), times(simulatedMs, "emulated"), times(simulatedMs, "simulated")],
      ...[`${mean.toFixed(1)} %`, `${Math.max(...errors).toFixed(1)} %`],
    ];
  });
  return {
    title: `Times as fast as plain decoding (emulated ${emulatedMs.toFixed(0)} ms a token, simulated ${simulatedMs.toFixed(0)})`,
    columns: ["", "runs", "valid", "emulated", "over the simulator's plain", "simulated", "off by", "at most"],
    lines,
  };
}

function runsTable(compared: readonly Compared[]): ReportTable {
  return {
    title: "Every run",
    columns: ["case", "questions", "ms a token", "simulated", "off by", "laps", "simulated", ""],
    lines: compared.map((each) => [
      ...[each.one.name, kindsOf(each.asked)],
      ...[each.emulated.msPerToken.toFixed(1), each.simulated.msPerToken.toFixed(1), `${errorOf(each).toFixed(1)} %`],
      ...[`${each.emulated.laps}`, `${each.simulated.laps}`],
      each.isLate ? "not valid" : "",
    ]),
  };
}

export function kindsOf(asked: readonly Recorded[]): string {
  return asked.map(({ category }) => category).join(", ");
}
