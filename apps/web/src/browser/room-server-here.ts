import { roomServer, type RoomServer } from "../state/room-server.ts";

/** This tab's. A build for static hosting names its server in the page. Throws as `roomServer` does. */
export function roomServerHere(): RoomServer {
  const named = document.querySelector<HTMLMetaElement>('meta[name="jupiter-signal"]');
  return roomServer(location.href, named?.content ?? null);
}

export interface PolicyWatch {
  readonly signal: AbortSignal;
  stop(): void;
}

/** Aborts when the page's content security policy forbids that server: what tries to reach it only sees that it does not answer. */
export function watchPolicy(origin: string): PolicyWatch {
  const abort = new AbortController();
  const onViolation = ({ blockedURI }: SecurityPolicyViolationEvent) => {
    if (!blockedURI.startsWith(origin)) return;
    abort.abort(new Error(`This page may not ask ${origin}: the server that sent it allows only its own rooms.`));
  };
  document.addEventListener("securitypolicyviolation", onViolation);
  return {
    signal: abort.signal,
    stop: () => document.removeEventListener("securitypolicyviolation", onViolation),
  };
}
