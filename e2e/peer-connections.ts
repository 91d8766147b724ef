/** A test's hand on a page's peer connections. Both functions run in the page. */

declare global {
  var peerConnections: RTCPeerConnection[] | undefined;
}

/** Before the page's own scripts: keeps every connection, to break it as a lost network does, or to ask it. */
export function collectPeerConnections(): void {
  const connections: RTCPeerConnection[] = [];
  globalThis.peerConnections = connections;
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };
}

/** How each open connection reaches the other side: "host", "relay", … */
export async function waysOfConnections(): Promise<readonly string[]> {
  const ways: string[] = [];
  for (const connection of globalThis.peerConnections ?? []) {
    if (connection.connectionState !== "connected") continue;
    const stats = (await connection.getStats()) as ReadonlyMap<string, Readonly<Record<string, unknown>>>;
    for (const { type, selectedCandidatePairId } of stats.values()) {
      const pair = type === "transport" ? stats.get(String(selectedCandidatePairId)) : undefined;
      if (pair !== undefined) ways.push(String(stats.get(String(pair["localCandidateId"]))?.["candidateType"]));
    }
  }
  return ways;
}
