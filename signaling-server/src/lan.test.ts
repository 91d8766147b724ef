import type { NetworkInterfaceInfo } from "node:os";
import { expect, it } from "vitest";
import { lanAddresses, serverNames } from "./lan.ts";

function ipv4(address: string, internal = false): NetworkInterfaceInfo {
  return { address, family: "IPv4", internal, netmask: "255.255.255.0", mac: "00:00:00:00:00:00", cidr: null };
}

it("finds the addresses that phones can reach, bridges of containers last", () => {
  const interfaces = {
    lo: [ipv4("127.0.0.1", true)],
    docker0: [ipv4("172.17.0.1")],
    wlan0: [ipv4("192.168.1.7"), { ...ipv4("fe80::1"), family: "IPv6", scopeid: 1 } as NetworkInterfaceInfo],
    eth1: [ipv4("203.0.113.9"), ipv4("10.0.0.3")],
  };
  expect(lanAddresses(interfaces)).toEqual(["192.168.1.7", "10.0.0.3", "172.17.0.1"]);
});

it("names this machine as its network may call it", () => {
  expect(serverNames(["192.168.1.7"], "Laptop.fritz.box")).toEqual([
    "localhost",
    "127.0.0.1",
    "::1",
    "laptop.local",
    "192.168.1.7",
  ]);
  expect(serverNames([], "Ännas Rechner")).toEqual(["localhost", "127.0.0.1", "::1"]);
});
