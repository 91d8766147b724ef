import { expect, it } from "vitest";
import { chooseOrigin, isThisDeviceOnly } from "./invitation-origin.ts";

it("knows the addresses that mean the device itself", () => {
  for (const origin of ["http://localhost:8080", "http://127.0.0.1:8080", "https://[::1]:8443"]) {
    expect(isThisDeviceOnly(origin)).toBe(true);
  }
  for (const origin of ["https://192.168.1.7:8443", "https://localhost.example.com"]) {
    expect(isThisDeviceOnly(origin)).toBe(false);
  }
});

it("takes the server's first address, and stays where the answer is none", () => {
  const own = "http://localhost:8080";
  expect(chooseOrigin(own, { origins: ["https://192.168.1.7:8443", "https://10.0.0.3:8443"] })).toBe(
    "https://192.168.1.7:8443",
  );
  for (const answer of [null, "<!doctype html>", {}, { origins: [] }, { origins: ["?"] }])
    expect(chooseOrigin(own, answer)).toBe(own);
});
