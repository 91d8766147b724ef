/** The processes of this run's tabs, as Linux tells of them: memory, and which tab is which. */
import { readFileSync, readdirSync } from "node:fs";
import type { Page } from "playwright";

export interface TabMemory {
  readonly residentBytes: number;
  readonly peakBytes: number;
}

/** Of the tab processes below this one, the largest first; empty where there is no /proc. Chromium does not tell which tab is which. */
export function tabMemory(): readonly TabMemory[] {
  return tabProcesses()
    .flatMap(memoryOf)
    .sort((a, b) => b.peakBytes - a.peakBytes);
}

const SPIN_MS = 400;

/** Of the page's tab, found by what it computes when told to. Null where there is no /proc, or where tabs share a process. */
export async function processOf(page: Page): Promise<number | null> {
  const before = new Map(tabProcesses().map((pid) => [pid, cpuTicks(pid)]));
  await page.evaluate((spinMs) => {
    const endMs = performance.now() + spinMs;
    while (performance.now() < endMs);
  }, SPIN_MS);
  const used = [...before]
    .map(([pid, ticks]) => ({ pid, ticks: cpuTicks(pid) - ticks }))
    .sort((a, b) => b.ticks - a.ticks);
  const [first, second] = used;
  // Others may compute meanwhile, but not as much.
  if (first === undefined || first.ticks < 2 * (second?.ticks ?? 0) || first.ticks === 0) return null;
  return first.pid;
}

function tabProcesses(): readonly number[] {
  let names: readonly string[] = [];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    // Not Linux: nothing is known of them.
  }
  return names.map(Number).filter((pid) => {
    try {
      const isTab = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer");
      return isTab && isBelow(pid, process.pid);
    } catch {
      return false; // ended meanwhile
    }
  });
}

/** User and system time so far; 0 for a process that has ended. */
function cpuTicks(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}

function memoryOf(pid: number): TabMemory[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const read = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) * 1024;
    return [{ residentBytes: read("VmRSS"), peakBytes: read("VmHWM") }];
  } catch {
    return []; // ended meanwhile
  }
}

function isBelow(pid: number, ancestor: number): boolean {
  for (let at = pid; at > 1;) {
    if (at === ancestor) return true;
    at = Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${at}/status`, "utf8"))?.[1] ?? 0);
  }
  return false;
}
