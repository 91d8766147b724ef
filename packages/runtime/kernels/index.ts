/** What the module exports. It imports its memory and nothing else; all memory is given out by TypeScript (`kernel-heap.ts`). */
export { packRows } from "./micro";
export { few } from "./few";
export { gemm } from "./gemm";
export { add, addBias, rmsNorm, rotate, softmaxSums, swiGlu } from "./rows";
export { appendCache, attend, attentionScratch } from "./attention";
