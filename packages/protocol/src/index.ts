export * from "./frame-types.ts";
export { LIMITS } from "./limits.ts";
export { SlotError, SlotList, SlotLists } from "./slots.ts";
export type { SlotReason } from "./slots.ts";
export { fillBias, HIDDEN_BIAS } from "./bias.ts";
export { chooseToken } from "./choose.ts";
