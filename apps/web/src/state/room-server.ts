/** Which server's rooms a page uses. */

export interface RoomServer {
  readonly origin: string;
  /** What an invitation carries so that its page asks the same server; empty where that goes without saying. */
  readonly query: string;
}

/**
 * `?signal=` in the page's address, else what the page was built for (an origin), else the server that served it. Throws an error whose
 * message is for people.
 */
export function roomServer(address: string, builtFor: string | null): RoomServer {
  const page = new URL(address);
  const named = page.searchParams.get("signal");
  if (named === null) return { origin: builtFor ?? page.origin, query: "" };
  const isAddress = /^https?:\/\//i.test(named) && URL.canParse(named);
  if (!isAddress) {
    throw new Error(
      `After signal= an address such as https://ring.example must stand, not “${named}”. Copy the link again, whole.`,
    );
  }
  const { origin, hostname, protocol } = new URL(named);
  if (builtFor !== null && builtFor !== origin) {
    throw new Error(
      `This page uses the rooms of ${builtFor} alone; the link names ${origin}. Open it where it was made.`,
    );
  }
  if (
    page.protocol === "https:" &&
    protocol === "http:" &&
    !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  ) {
    throw new Error(`Browsers let a page with https ask no server without it: ${origin} must be reached by https.`);
  }
  return { origin, query: origin === page.origin ? "" : `?signal=${origin}` };
}
