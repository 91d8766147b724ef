/** Where other devices find this page. */

/**
 * A page opened at `localhost` is nowhere for other devices: its server's address on the network is, if it has one. Both lead to the same
 * rooms.
 */
export async function invitationOrigin(own = location.origin): Promise<string> {
  if (!isThisDeviceOnly(own)) return own;
  try {
    const response = await fetch("/lan");
    return chooseOrigin(own, response.ok ? await response.json() : null);
  } catch {
    return own;
  }
}

/** `lan`: the server's answer, unchecked. */
export function chooseOrigin(own: string, lan: unknown): string {
  if (typeof lan !== "object" || lan === null || !("origins" in lan) || !Array.isArray(lan.origins)) return own;
  const first: unknown = lan.origins[0];
  return typeof first === "string" && URL.canParse(first) ? new URL(first).origin : own;
}

export function isThisDeviceOnly(origin: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(origin).hostname);
}
