import { expect, it } from "vitest";
import { networkOf, Ways } from "./ways.ts";

it.each([
  ["192.168.1.7", "private"],
  ["10.0.0.3", "private"],
  ["172.31.9.9", "private"],
  ["172.32.0.1", "public"],
  ["100.64.0.1", "shared"],
  ["100.127.255.254", "shared"],
  ["100.128.0.1", "public"],
  ["169.254.3.4", "link-local"],
  ["fe80::1c2f", "link-local"],
  ["febf::1", "link-local"],
  ["fec0::1", "public"],
  ["fd12:3456::7", "unique-local"],
  ["fc00::1", "unique-local"],
  ["2001:db8::1", "public"],
  ["3f2a-11.local", "mdns"],
  ["127.0.0.1", null],
  ["::1", null],
  ["", null],
  ["example.org", null],
])("%s is of a network that is %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

const host = (address: string) => `candidate:1 1 udp 2122260223 ${address} 50000 typ host generation 0`;
const seenBy = "candidate:2 1 udp 1686052607 100.64.9.9 50000 typ srflx raddr 192.168.1.7 rport 50000";

function problem(own: readonly string[], theirs: readonly string[]): string | null {
  const ways = new Ways();
  for (const candidate of own) ways.see("own", candidate);
  for (const candidate of theirs) ways.see("theirs", candidate);
  return ways.problem;
}

it("says which of the two is in another network, as far as addresses tell", () => {
  const [home, hidden, vpn, alone] = [
    host("192.168.1.7"),
    host("3f2a.local"),
    host("100.101.1.2"),
    host("169.254.1.2"),
  ];
  expect(problem([home], [hidden])).toBeNull();
  expect(problem([home], [host("fd00::1"), ""])).toBeNull();
  expect(problem([home], [])).toContain("named no address");
  expect(problem([home], [""])).toContain("named no address");
  expect(problem([home, vpn], [hidden])).toMatch(/^one .* Tailscale.*connect both/);
  expect(problem([hidden], [vpn])).toMatch(/^one /);
  expect(problem([vpn], [home, vpn])).toMatch(/^both /);
  expect(problem([home], [alone])).toContain("gave itself");
  // A provider's address as a server sees it is no VPN of the device.
  expect(problem([home, seenBy], [hidden])).toBeNull();
});
