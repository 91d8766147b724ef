export * from "./frame-types.ts";
export { LIMITS } from "./limits.ts";
export { SlotError, SlotList, SlotLists } from "./slots.ts";
export type { SlotReason } from "./slots.ts";
export { fillBias, HIDDEN_BIAS } from "./bias.ts";
export { chooseToken } from "./choose.ts";
export {
  JoinAck,
  JoinedEvent,
  JoinRequest,
  LeftEvent,
  Member,
  PeerId,
  RefusedEvent,
  RelayAck,
  RelayEvent,
  RelayRequest,
  RoomId,
  SIGNALING_LIMITS,
  SIGNALING_VERSION,
  SignalingReason,
} from "./signaling.ts";
export type { ClientToServer, ServerToClient } from "./signaling.ts";
