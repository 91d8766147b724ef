/** The names and addresses under which other devices of the network reach this machine. */
import { hostname, networkInterfaces } from "node:os";

/** IPv4 addresses of this machine's interfaces that a home or office network gives out; the likeliest one first. */
export function lanAddresses(interfaces = networkInterfaces()): readonly string[] {
  const all = Object.entries(interfaces).flatMap(([name, addresses]) =>
    (addresses ?? []).map((address) => ({ name, ...address })),
  );
  return all
    .filter(({ family, internal, address }) => family === "IPv4" && !internal && isPrivate(address))
    .sort((a, b) => Number(isVirtual(a.name)) - Number(isVirtual(b.name)))
    .map(({ address }) => address);
}

/** What the leaf certificate must cover. Multicast DNS answers for `NAME.local` on most networks. */
export function serverNames(addresses: readonly string[], name = hostname()): readonly string[] {
  const label = name.split(".")[0]?.toLowerCase() ?? "";
  const local = /^[a-z0-9-]+$/.test(label) ? [`${label}.local`] : [];
  return [...new Set(["localhost", "127.0.0.1", "::1", ...local, ...addresses])];
}

function isPrivate(address: string): boolean {
  const [a = 0, b = 0] = address.split(".").map(Number);
  return a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 100 && b >= 64 && b < 128);
}

/** Bridges of containers and virtual machines, tunnels: nobody's phone is there. */
function isVirtual(name: string): boolean {
  return /^(docker|br-|veth|virbr|vmnet|vboxnet|utun|tun|tap|tailscale|zt|wg)/.test(name);
}
