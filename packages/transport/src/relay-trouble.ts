/** Why no connection came about over a TURN server: browsers tell it only by events while they look for ways. */

/** RFC 5389: the credentials were not taken, or no more of them. */
const REFUSED = new Set([401, 403, 431, 437, 441]);
/** Of browsers themselves: no answer. */
const UNREACHABLE = 701;

export class RelayTrouble {
  #problem: string | null = null;

  /** `hopeless` is called once if this side has found no way at all though it may use relays only. */
  constructor(connection: RTCPeerConnection, relayOnly: boolean, hopeless: () => void) {
    let ways = 0;
    if (relayOnly && connection.getConfiguration().iceServers?.length === 0) {
      this.#problem = "only relays may be used, and the signaling server names no TURN server (--turn-url)";
    }
    connection.addEventListener("icecandidateerror", ({ errorCode, errorText, url }) => {
      if (!/^turns?:/.test(url)) return;
      const text = problemInWords(errorCode, errorText, url);
      // Silence on one of this device's networks says less than a refusal.
      if (this.#problem === null || errorCode !== UNREACHABLE) this.#problem = text;
    });
    connection.addEventListener("icecandidate", ({ candidate }) => (ways += candidate?.candidate ? 1 : 0));
    connection.addEventListener("icegatheringstatechange", () => {
      if (relayOnly && ways === 0 && connection.iceGatheringState === "complete") hopeless();
    });
  }

  /** Null: nothing that has to do with relays. */
  get problem(): string | null {
    return this.#problem;
  }
}

export function problemInWords(errorCode: number, errorText: string, url: string): string {
  if (errorCode === UNREACHABLE) return `the TURN server ${url} does not answer; is it running, and its port open?`;
  const answer = `${errorCode} ${errorText}`.trim();
  return REFUSED.has(errorCode)
    ? `the TURN server ${url} refused this room's credentials (${answer}); is --turn-secret its static-auth-secret?`
    : `the TURN server ${url} gave no relay (${answer}); its log says why`;
}
