/**
 * `npm run load`: how one server bears many rooms. 200 rooms of 5 members on loopback, 1,000 messages a second between them while members leave
 * and come; then the same rooms while the server is started anew. Fails where a message or a room is lost. Prints a table; `--json OUT`
 * keeps the raw values.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { restartServer } from "./restart.ts";
import { Load } from "./run-load.ts";
import { ServerProcess } from "./server-process.ts";

const { values } = parseArgs({
  options: {
    rooms: { type: "string", default: "200" },
    members: { type: "string", default: "5" },
    rate: { type: "string", default: "1000" },
    leaves: { type: "string", default: "20" },
    seconds: { type: "string", default: "20" },
    json: { type: "string" },
  },
});
const [rooms, membersPerRoom] = [limited("rooms", 2, 1000), limited("members", 2, 64)];
const [messagesPerSecond, leavesPerSecond] = [limited("rate", 1, 10_000), limited("leaves", 0, 1000)];
const seconds = limited("seconds", 1, 300);

const server = await ServerProcess.start();
const load = new Load({ url: server.url, rooms, membersPerRoom, messagesPerSecond, leavesPerSecond, seconds });
const before = server.memory();
await load.fill();
console.error(`${rooms} rooms of ${membersPerRoom} are full; sending for ${seconds} s`);
const result = await load.run();
const counts = await server.counts();
const full = server.memory();
load.empty();
await server.stop();
console.error("the server is started anew under as many rooms");
const restart = await restartServer(rooms, membersPerRoom);

const report = {
  where: `${cpus()[0]?.model ?? "?"}, ${cpus().length} cores, Node ${process.versions.node}, clients on the same machine`,
  options: { rooms, membersPerRoom, messagesPerSecond, leavesPerSecond, seconds },
  counts,
  ...result,
  memory: { before, full },
  restart,
};
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(report));
console.log(`${report.where}\n\n${["| what | measured |", "|---|---|", ...rows()].join("\n")}`);
const isWhole = result.lost === 0 && result.twice === 0 && result.refused.length === 0;
if (!isWhole || counts.members !== rooms * membersPerRoom || restart.back !== restart.members) {
  console.error(result.refused.slice(0, 3).join("\n"));
  process.exitCode = 1;
}

function rows(): string[] {
  const relay = sorted(result.relayMs);
  const joins = sorted(result.joinMs);
  const mb = (bytes: number | undefined) => (bytes === undefined ? "not known" : `${(bytes / 1e6).toFixed(0)} MB`);
  const ms = (values: readonly number[], part: number) =>
    `${(values[Math.floor(part * values.length)] ?? NaN).toFixed(1)} ms`;
  const row = (what: string, value: string) => `| ${what} | ${value} |`;
  return [
    row("messages sent", result.sent.toLocaleString("en")),
    row("lost, twice, refused", `${result.lost}, ${result.twice}, ${result.refused.length}`),
    row("members that left, one in place of each", String(result.left)),
    row("relay time: median, 99 %, longest", [ms(relay, 0.5), ms(relay, 0.99), ms(relay, 1 - 1e-9)].join(", ")),
    row("time to join: median, 99 %", [ms(joins, 0.5), ms(joins, 0.99)].join(", ")),
    row(
      "server's memory: empty, full, most",
      [mb(before?.residentBytes), mb(full?.residentBytes), mb(full?.peakBytes)].join(", "),
    ),
    row(
      "members back after a restart",
      `${restart.back} of ${restart.members} in ${(restart.backMs / 1000).toFixed(1)} s`,
    ),
  ];
}

function sorted(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

function limited(name: "rooms" | "members" | "rate" | "leaves" | "seconds", least: number, most: number): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  console.error(`--${name} takes a whole number from ${least} to ${most}, not "${values[name]}".`);
  process.exit(1);
}
