/** Whose questions the host takes from other devices: what holds for all, and what a person at the host decided about one. Pure. */
import type { AskRule, PeerId } from "@jupiter/protocol";

/** As plain JSON: it is kept over a reload of the host's tab. */
export interface AskRules {
  readonly all: AskRule;
  readonly own: readonly { readonly peer: PeerId; readonly rule: AskRule }[];
}

export const ASK_EACH: AskRules = { all: "each", own: [] };

/** Of the last devices that were decided about: more than a room holds. */
const KEPT = 256;

export function ruleFor({ all, own }: AskRules, peer: PeerId): AskRule {
  return own.find((each) => each.peer === peer)?.rule ?? all;
}

/** Null: as for all. */
export function withRule(rules: AskRules, peer: PeerId, rule: AskRule | null): AskRules {
  const others = rules.own.filter((each) => each.peer !== peer);
  return { ...rules, own: rule === null ? others : [...others, { peer, rule }].slice(-KEPT) };
}

/** The device comes back under another id: what was decided about it holds on. */
export function renamedIn(rules: AskRules, former: PeerId, peer: PeerId): AskRules {
  const own = rules.own.find((each) => each.peer === former);
  return own === undefined ? rules : withRule(withRule(rules, former, null), peer, own.rule);
}
