import { expect, it } from "vitest";
import { roomServer } from "./room-server.ts";

it("is the one that served the page, or the one that the page was built for, or the one that its address names", () => {
  expect(roomServer("http://localhost:8080/?auto#r=1", null)).toEqual({ origin: "http://localhost:8080", query: "" });
  expect(roomServer("https://me.example/ring/", "https://ring.example")).toEqual({
    origin: "https://ring.example",
    query: "",
  });
  expect(roomServer("https://me.example/?signal=https://ring.example:8443/#r=1", null)).toEqual({
    origin: "https://ring.example:8443",
    query: "?signal=https://ring.example:8443",
  });
  expect(roomServer("https://me.example/?signal=http://localhost:8080", null).origin).toBe("http://localhost:8080");
  expect(roomServer("https://me.example/?signal=https://me.example", null).query).toBe("");
});

it.each([
  ["https://me.example/?signal=ring.example", null, /such as https:\/\/ring\.example must stand, not “ring\.example”/],
  ["https://me.example/?signal=", null, /must stand, not “”/],
  ["https://me.example/?signal=https://other.example", "https://ring.example", /alone; the link names https:\/\/other/],
  ["https://me.example/?signal=http://192.168.1.2:8080", null, /must be reached by https/],
])("%s with %s is refused with what to do", (address, builtFor, words) => {
  expect(() => roomServer(address, builtFor)).toThrow(words);
});
