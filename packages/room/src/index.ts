export { Room } from "./room.ts";
export type { RoomEvents, RoomMember, RoomOptions, RoomState } from "./room.ts";
export { createRoomCredentials } from "./credentials.ts";
export type { RoomCredentials } from "./credentials.ts";
export { encodeRoomLink, parseRoomLink } from "./link.ts";
export type { RoomLink } from "./link.ts";
export { RoomError } from "./errors.ts";
export type { RoomReason } from "./errors.ts";
export { signalingParser } from "./signaling-socket.ts";
