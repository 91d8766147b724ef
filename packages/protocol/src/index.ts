import "./no-eval.ts";
export * from "./frame-types.ts";
export { LIMITS, SIGNALING_LIMITS } from "./limits.ts";
export { SlotError, SlotList, SlotLists } from "./slots.ts";
export type { SlotReason } from "./slots.ts";
export { fillBias } from "./bias.ts";
export { BEST_ONLY, CANDIDATES, chooseToken } from "./choose.ts";
export {
  JoinAck,
  JoinRequest,
  LeftEvent,
  Member,
  PeerId,
  RefusedEvent,
  RelayAck,
  RelayEvent,
  RelayRequest,
  RoomId,
  SIGNALING_VERSION,
  SignalingReason,
  TurnEvent,
} from "./signaling.ts";
export type { ClientToServer, ServerToClient } from "./signaling.ts";
export { ProtocolError } from "./errors.ts";
export type { ProtocolReason } from "./errors.ts";
export { encodeFrame, frameBytes, scoreBytes } from "./frame-encode.ts";
export { decodeFrame } from "./frame-decode.ts";
export { toFloat32, toWire } from "./half.ts";
export { donorMessageFrame, hostMessageFrame, parseDonorMessage, parseHostMessage } from "./control.ts";
export type { Ask, AskEnd, AskRefusal, AskRule } from "./asking.ts";
export { PROBE_VERSION } from "./versions.ts";
export type { AssignMessage, Backend, DonorMessage, HostMessage, LinkMeasure, Seat } from "./control.ts";
export { bulkMessageFrame, parseBulkRefusal, parseBulkRequest } from "./bulk.ts";
export type { BulkRefusal, BulkRequest } from "./bulk.ts";
export { ConnectionSignal, LinkChannel, PeerSignal } from "./peer-signal.ts";
export { Emitter } from "./typed-events.ts";
export type { TypedEvents } from "./typed-events.ts";
export { MemberHello } from "./hello.ts";
export { HostNotice } from "./host-notice.ts";
export { Introduction } from "./introduction.ts";
