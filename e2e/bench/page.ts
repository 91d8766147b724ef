/** A report as one self-contained page: a plot and a table a suite. Shapes and words carry what is said, colour only helps. */
import { percent } from "../percent.ts";
import { figure, figureOf, machineLine, noiseOf, type Report, type ReportTable, type SuiteReport } from "./report.ts";
import type { Row } from "./row.ts";

const WIDTH = 760;
const LABEL = 330;
const LINE = 18;

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --dim: #59636e; --line: #d0d7de; --mark: #0b5fb0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --dim: #9198a1; --line: #3d444d; --mark: #79b8ff; } }
@media print { :root { --ink: #000; --paper: #fff; --dim: #333; --line: #999; --mark: #000; } section { break-inside: avoid; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
td, th { border-bottom: 1px solid var(--line); padding: 2px 8px 2px 0; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { max-width: 100%; height: auto; } text { font: 12px system-ui, sans-serif; fill: var(--ink); } text.dim { fill: var(--dim); }
.axis { stroke: var(--line); } .range { stroke: var(--mark); stroke-width: 2; } .median { fill: var(--mark); } .raw { fill: none; stroke: var(--mark); opacity: .6; }
.dim { color: var(--dim); }`;

export function page(report: Report): string {
  return [
    "<!doctype html>",
    `<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Benchmarks, ${report.date.slice(0, 10)}</title>`,
    `<style>${STYLE}</style>`,
    `<h1>Benchmarks</h1><p>${escape(machineLine(report))}</p>`,
    "<p class=dim>A dot is the median, the line the range, circles are single values. How each kind of figure comes about stands in its last column.</p>",
    ...report.suites.map(section),
    "</html>\n",
  ].join("\n");
}

function section({ name, about, notes, floor, rows, seconds, tables }: SuiteReport): string {
  const noise = floor === null ? "" : ` Noise (the same thing against itself within a round): ${percent(floor, 1)}.`;
  const head = `<h2>${escape(name)}</h2><p>${escape(about)}.${noise} ${notes.map(escape).join(" ")} <span class=dim>Took ${Math.round(seconds)} s.</span></p>`;
  const units = [...new Set(rows.map(({ unit }) => unit))];
  const plots = units.map((unit) =>
    plot(
      rows.filter((row) => row.unit === unit),
      unit,
    ),
  );
  return `<section>${head}${plots.join("")}${rows.length === 0 ? "" : table(rows, floor)}${tables.map(wordTable).join("")}</section>`;
}

function table(rows: readonly Row[], floor: number | null): string {
  const body = rows.map(
    (row) =>
      `<tr><td>${escape(row.name)}<td class=number>${figureOf(row)} ${escape(row.unit)}<td class=number>${noiseInWords(row, floor)}<td>${row.raw.map(figure).join(" ")}<td>${row.source}`,
  );
  return `<table><tr><th>what<th>median<th>noise<th>raw values<th>how</tr>${body.join("")}</table>`;
}

function noiseInWords(row: Row, floor: number | null): string {
  const noise = noiseOf(row, floor);
  return noise === null ? "not known" : percent(noise, 1);
}

function wordTable({ title, columns, lines }: ReportTable): string {
  const cells = (tag: "td" | "th", words: readonly string[]) => words.map((word) => `<${tag}>${escape(word)}`).join("");
  const body = lines.map((line) => `<tr>${cells("td", line)}`).join("");
  return `<h3>${escape(title)}</h3><table><tr>${cells("th", columns)}</tr>${body}</table>`;
}

/** From 0, so that lengths compare as the values do. */
function plot(rows: readonly Row[], unit: string): string {
  const most = Math.max(...rows.map(({ max }) => max), Number.MIN_VALUE);
  const x = (value: number) => LABEL + ((WIDTH - LABEL - 60) * Math.max(0, value)) / most;
  const lines = rows.map(({ name, median, min, max, raw }, i) => {
    const y = 20 + LINE * i;
    const dots = raw.map((value) => `<circle class=raw cx="${x(value).toFixed(1)}" cy="${y}" r="3"/>`);
    return (
      `<text x="${LABEL - 8}" y="${y + 4}" text-anchor="end">${escape(short(name))}</text>` +
      `<line class=range x1="${x(min).toFixed(1)}" x2="${x(max).toFixed(1)}" y1="${y}" y2="${y}"/>${dots.join("")}` +
      `<circle class=median cx="${x(median).toFixed(1)}" cy="${y}" r="4"/><text class=dim x="${(x(max) + 8).toFixed(1)}" y="${y + 4}">${figure(median)}</text>`
    );
  });
  const height = 20 + LINE * rows.length + 10;
  return (
    `<svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" role="img" aria-label="${escape(unit)} of ${rows.length} rows; the table has the values">` +
    `<line class=axis x1="${LABEL}" x2="${LABEL}" y1="6" y2="${height - 6}"/><text class=dim x="${LABEL + 4}" y="12">0, in ${escape(unit === "" ? "units" : unit)}</text>${lines.join("")}</svg>`
  );
}

function short(name: string): string {
  return name.length <= 52 ? name : `${name.slice(0, 51)}…`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
