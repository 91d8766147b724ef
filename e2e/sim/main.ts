import { readFileSync } from "node:fs";
import { parse } from "../ring/scenario.ts";
import { comparison, idealCollectives } from "./paper-tables.ts";
import { Paper, predictAll } from "./paper.ts";

const HELP = `npm run sim -- paper

  paper     the published evaluation of Jupiter beside the simulator's prediction of every cell
`;

const [what] = process.argv.slice(2);
try {
  if (what === "paper") printPaper();
  else {
    console.log(HELP);
    if (what !== undefined && what !== "--help") process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function printPaper(): void {
  const file = new URL("../bench/scenarios/paper.json", import.meta.url);
  const paper = parse(Paper, JSON.parse(readFileSync(file, "utf8")), "paper.json");
  const cells = predictAll(paper);
  console.log(comparison(paper, cells));
  console.log(`\n${idealCollectives(cells, predictAll(paper, "ideal"))}`);
}
