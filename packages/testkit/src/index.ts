export { ManualClock } from "./manual-clock.ts";
export { peerLinkContract } from "./peer-link-contract.ts";
