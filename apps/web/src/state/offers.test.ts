import { catalogue } from "@jupiter/model";
import { expect, it } from "vitest";
import { draftFor, offersOf, parseListing } from "./offers.ts";

const entry = (id: string, sizeBytes: number) => ({
  id,
  title: id,
  file: `${id}.gguf`,
  sizeBytes,
  licence: "Apache-2.0",
  contextLength: 8192,
  parameters: "1M",
  goodAt: "Anything.",
  hubUrl: `https://hub.example/${id}.gguf`,
});

it("takes bytes from this server where it has the whole file, else from the hub", () => {
  const listing = [
    { file: "b.gguf", sizeBytes: 20, url: "/models/b.gguf?v=1" },
    { file: "c.gguf", sizeBytes: 7, url: "/models/c.gguf?v=1" },
  ];
  const offers = offersOf([entry("a", 10), entry("b", 20), entry("c", 30)], listing);
  expect(offers.map(({ id, source, from }) => [id, source, from])).toEqual([
    ["b", "/models/b.gguf?v=1", "server"],
    ["a", "https://hub.example/a.gguf", "internet"],
    ["c", "https://hub.example/c.gguf", "internet"],
  ]);
});

it("reads a listing that names no addresses, and drops what is no entry", () => {
  expect(parseListing([{ file: "a b.gguf", sizeBytes: 1 }, null, { file: 3 }])).toEqual([
    { file: "a b.gguf", sizeBytes: 1, url: "/models/a%20b.gguf" },
  ]);
  expect(parseListing("<!doctype html>")).toEqual([]);
});

it("offers a smaller model that may have the same tokens to guess for a larger one", () => {
  const offers = offersOf(catalogue, []);
  const draftOf = (id: string) => {
    const offer = offers.find((candidate) => candidate.id === id);
    return offer === undefined ? undefined : (draftFor(offer, offers)?.id ?? null);
  };
  expect(draftOf("qwen2.5-coder-1.5b-instruct")).toBe("qwen2.5-coder-0.5b-instruct");
  expect(draftOf("qwen2.5-coder-0.5b-instruct")).toBeNull();
  expect(draftOf("smollm2-135m-instruct")).toBeNull();
});
