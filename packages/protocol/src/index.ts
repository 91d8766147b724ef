export * from "./frame-types.ts";
export { LIMITS } from "./limits.ts";
