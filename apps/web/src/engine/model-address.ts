/** Where a model's bytes are for this worker: a path means the room's server, which need not be the one that served the page. */

let server: string = self.location.origin;

export function setModelServer(origin: string): void {
  server = origin;
}

export function modelAddress(url: string): string {
  return new URL(url, server).href;
}
