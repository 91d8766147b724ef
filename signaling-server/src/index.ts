export { localIdentity } from "./certificates.ts";
export { createServer, type RunningServer, type ServerOptions } from "./server.ts";
