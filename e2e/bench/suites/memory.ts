/** What tabs hold, by the system's count of resident pages. Linux alone tells. */
import { launchChromium } from "../../chromium.ts";
import { tabMemory } from "../../ring/tab-processes.ts";
import { row, type Row } from "../row.ts";
import type { Suite } from "../suite.ts";
import { openBenchRing } from "./bench-ring.ts";

export const memory: Suite = {
  name: "memory",
  about: "Resident memory of the tabs of a ring: ready, after a long prompt, and at its peak",
  minutes: { sampled: 1, full: 2 },
  async run({ full, say }) {
    const rows: Row[] = [];
    const counts = full ? [0, 1, 2, 3] : [0, 2];
    for (const [i, donors] of counts.entries()) {
      say(`a ring of ${donors} donors`, i / counts.length);
      // Its tabs are all that is below this browser.
      await using browser = await launchChromium();
      await using ring = await openBenchRing(browser, donors);
      const ready = tabMemory();
      if (ready.length === 0) return { rows: [], floor: null, notes: ["This system does not tell what tabs hold."] };
      await ring.ask({ id: "fill", promptTokens: 2048 }, 1);
      const filled = tabMemory();
      const facts = { source: "real", better: "less", unit: "MB", values: "items" } as const;
      const megabytes = (tabs: typeof ready, field: "residentBytes" | "peakBytes") =>
        tabs.slice(0, donors + 1).map((tab) => tab[field] / 1e6);
      rows.push(
        row({ ...facts, name: `${ring.name}: a tab, ready` }, megabytes(ready, "residentBytes")),
        row({ ...facts, name: `${ring.name}: a tab, 2,048 tokens cached` }, megabytes(filled, "residentBytes")),
        row({ ...facts, name: `${ring.name}: a tab, at most` }, megabytes(filled, "peakBytes")),
      );
    }
    return { rows, floor: null, notes: ["Raw values are tabs, the largest first, not rounds."] };
  },
};
