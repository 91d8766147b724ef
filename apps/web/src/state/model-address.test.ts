import { expect, it } from "vitest";
import { fileNameOf, parseAddress } from "./model-address.ts";

const page = "http://localhost:8080";

it("takes https addresses, and this page's own", () => {
  expect(parseAddress(" https://a.example/m.gguf ", page)).toEqual({
    kind: "address",
    url: "https://a.example/m.gguf",
  });
  expect(parseAddress(`${page}/models/m.gguf`, page).kind).toBe("address");
});

it("refuses others, and says why", () => {
  expect(parseAddress("m.gguf", page)).toMatchObject({ message: expect.stringContaining("https://") as string });
  expect(parseAddress("http://a.example/m.gguf", page)).toMatchObject({
    message: expect.stringContaining("Only https") as string,
  });
  expect(parseAddress("javascript:alert(1)", page).kind).toBe("refused");
  expect(parseAddress(`https://a.example/${"m".repeat(2048)}`, page).kind).toBe("refused");
});

it("turns the hub's page about a file into the file", () => {
  expect(parseAddress("https://huggingface.co/o/r/blob/main/m.gguf", page)).toEqual({
    kind: "address",
    url: "https://huggingface.co/o/r/resolve/main/m.gguf",
  });
});

it("names the file", () => {
  expect(fileNameOf("https://a.example/x/my%20model.gguf?download=true")).toBe("my model.gguf");
  expect(fileNameOf("https://a.example/")).toBe("a.example");
  expect(fileNameOf("https://a.example/%E0%A4%A")).toBe("%E0%A4%A");
});
