/** The order in which frames are sent, event by event. */
import type { RowScore } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { Coordinator } from "./coordinator.ts";
import { decodingOf } from "./decoding.ts";
import type { CoordinatorEffect, CoordinatorEvent, GenerateRequest } from "./requests.ts";
import { GREEDY } from "./sampling.ts";

type Send = Extract<CoordinatorEffect, { kind: "send" }>;

/** Counts up, and drafts `drafts` right tokens wherever it is asked. */
class Host {
  readonly coordinator = new Coordinator([{ name: "counting", isInstant: true }]);
  drafts = 0;
  readonly sent: Send[] = [];

  /** `turn` comes after all events: what happened at once is decided on together. */
  tell(...events: CoordinatorEvent[]): void {
    const effects = events.flatMap((event) => this.coordinator.handle(event, 0));
    for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) {
      if (effect.kind === "send") this.sent.push(effect);
      if (effect.kind === "turn") effects.push(...this.coordinator.handle(effect, 0));
      if (effect.kind === "draft") effects.unshift(...this.coordinator.handle(this.#drafted(effect), 0));
    }
  }

  #drafted({ ask, views }: Extract<CoordinatorEffect, { kind: "draft" }>): CoordinatorEvent {
    const drafts = views.flatMap(({ certain, drafted }, view) => {
      const last = drafted.at(-1) ?? certain.at(-1) ?? 0;
      return Array.from({ length: this.drafts }, (_, i) => ({
        view,
        after: i === 0 ? -1 : i - 1,
        token: last + 1 + i,
        probability: 0.99,
      }));
    });
    return { kind: "drafted", ask, drafts };
  }
}

const request = (id: string, ids: readonly number[]): GenerateRequest => ({
  id,
  conversation: id,
  ids: Int32Array.from(ids),
  maxTokens: 30,
  policy: GREEDY,
  stopIds: [],
});
const scoreOf = (chosen: number): RowScore => ({
  row: 0,
  chosen,
  best: [{ id: chosen, logProb: 0 }],
  asked: [],
  entropy: 0,
});

it("a second person's prompt goes after certain rows and before frames of guesses alone", () => {
  const host = new Host();
  const decoding = decodingOf({ strategy: "continuous", drafters: ["counting"] }, 3);
  host.tell(
    {
      kind: "ring-ready",
      ring: {
        ...{ epoch: 1, chunkRows: () => 4, maxInFlight: 2, capacity: 100, arenas: 2, stages: 3, decoding },
        costOf: (rows) => 1 + (rows - 1) / 3,
      },
    },
    { kind: "submit", request: request("a", [10]) },
  );
  const [prompt] = host.sent.splice(0);
  host.drafts = 3;
  const activations = { wire: "f32", rows: 1, hidden: 1, data: Float32Array.of(0) } as const;
  host.tell(
    { kind: "returned", frame: prompt?.frame ?? 0, activations },
    { kind: "scored", frame: prompt?.frame ?? 0, scores: [scoreOf(11)] },
    {
      kind: "submit",
      request: request(
        "b",
        Array.from({ length: 12 }, (_, i) => 50 + i),
      ),
    },
  );
  const kinds = host.sent.map(({ tokenIds, drafts }) => {
    if ((tokenIds[0] ?? 0) >= 50) return "chunk";
    return drafts === tokenIds.length ? "drafts" : "certain";
  });
  expect(kinds.slice(0, 4)).toEqual(["certain", "chunk", "chunk", "drafts"]);
});
