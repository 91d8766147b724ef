import { expect, it } from "vitest";
import { EngineError } from "../engine/engine.ts";
import { ModelStore } from "./model-store.ts";

const file = new File(["x"], "mine.gguf");

it("says what went wrong when reading was cut short, instead of reading for ever", async () => {
  const store = new ModelStore({
    offers: [],
    inspect: () => Promise.reject(new EngineError("internal", "The engine was ended.")),
    added: () => expect.fail("nothing was read"),
  });
  const adding = store.addFile(file);
  expect(store.adding.value).toEqual({ kind: "reading", name: "mine.gguf" });
  await adding;
  expect(store.adding.value).toEqual({ kind: "refused", name: "mine.gguf", message: "The engine was ended." });
});

it("does so too where the engine cannot even be asked any more, as after leaving the room", async () => {
  const store = new ModelStore({
    offers: [],
    inspect: () => {
      throw new EngineError("internal", "This device has left the room.");
    },
    added: () => expect.fail("nothing was read"),
  });
  await store.addFile(file);
  expect(store.adding.value).toMatchObject({ kind: "refused", message: "This device has left the room." });
});
