/** What two devices' addresses tell of a connection that did not come about. */

/** `mdns`: a name that browsers put in an address's place; `shared`: of networks behind a provider's own, and of VPNs such as Tailscale (RFC 6598). */
export type Network = "private" | "shared" | "link-local" | "unique-local" | "mdns" | "public";

/** Null: no address of a network. */
export function networkOf(address: string): Network | null {
  if (/^[^:]+\.local$/i.test(address)) return "mdns";
  const four = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(address);
  if (four !== null) {
    const [a, b] = [Number(four[1]), Number(four[2])];
    if (a === 127 || a === 0) return null;
    if (a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return "private";
    if (a === 100 && b >= 64 && b < 128) return "shared";
    return a === 169 && b === 254 ? "link-local" : "public";
  }
  if (!/^[0-9a-f:.]+(%\w+)?$/i.test(address) || !address.includes(":") || /^::1?$/.test(address)) return null;
  if (/^fe[89ab]/i.test(address)) return "link-local";
  return /^f[cd]/i.test(address) ? "unique-local" : "public";
}

export class Ways {
  readonly #own = new Set<Network>();
  readonly #theirs = new Set<Network>();

  /** A candidate as WebRTC words it: `candidate:… 1 udp 2122 192.168.1.7 5000 typ host …`; the empty one at the end tells nothing. */
  see(side: "own" | "theirs", candidate: string): void {
    const [, , , , address, , , kind] = candidate.split(" ");
    // What a server saw of a device is the provider's address, not the device's.
    const network =
      kind === "host" && address !== undefined ? networkOf(address) : kind === undefined ? null : "public";
    if (network !== null) (side === "own" ? this.#own : this.#theirs).add(network);
  }

  /** Null: they look as they should. */
  get problem(): string | null {
    if (this.#theirs.size === 0)
      return "the other device named no address under which it can be reached: see whether its page is still open, and in a network";
    const sides = [this.#own, this.#theirs];
    if (sides.some((side) => side.size > 0 && [...side].every((network) => network === "link-local")))
      return "one of the two has only an address that it gave itself: it is not really connected to its network";
    const shared = sides.filter((side) => side.has("shared")).length;
    if (shared === 0) return null;
    const what = "an address of a VPN such as Tailscale, or of a mobile network (100.64.* to 100.127.*)";
    return shared === 1
      ? `one of the two has ${what}, the other has none: connect both to it, or neither`
      : `both have ${what}: see whether it lets its devices reach one another`;
  }
}
