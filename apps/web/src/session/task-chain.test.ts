import { setTimeout as pass } from "node:timers/promises";
import { expect, test } from "vitest";
import { TaskChain, type Task } from "./task-chain.ts";

const never = new Promise<void>(() => undefined);

function chain() {
  const log: string[] = [];
  const tasks = new TaskChain((error) => log.push(`failed: ${(error as Error).message}`));
  const named =
    (name: string, work: Promise<void> = Promise.resolve()): Task =>
    async () => {
      log.push(name);
      await work;
      log.push(`${name} done`);
    };
  return { log, tasks, named };
}

test("a task begins when the one before is done", async () => {
  const { log, tasks, named } = chain();
  let open: () => void = () => undefined;
  tasks.add(named("a", new Promise((resolve) => (open = resolve))));
  tasks.add(named("b"));
  await pass(0);
  expect(log).toEqual(["a"]);

  open();
  await pass(0);
  expect(log).toEqual(["a", "a done", "b", "b done"]);
});

test("what a task throws is told, and the next one runs", async () => {
  const { log, tasks, named } = chain();
  tasks.add(() => Promise.reject(new Error("no memory")));
  tasks.add(named("b"));
  await pass(0);
  expect(log).toEqual(["failed: no memory", "b", "b done"]);
});

test("a dropped task that never answers holds nothing up, those behind it do not start, and later ones do", async () => {
  const { log, tasks, named } = chain();
  tasks.add(named("a", never));
  tasks.add(named("b"));
  await pass(0);

  tasks.drop();
  tasks.add(named("c"));
  await pass(0);
  expect(log).toEqual(["a", "c", "c done"]);
});

test("what a dropped task throws is nobody's failure, and it can see that it was dropped", async () => {
  const { log, tasks } = chain();
  tasks.add(async (aborted) => {
    await pass(5);
    log.push(aborted.aborted ? "saw it" : "saw nothing");
    throw new Error("the worker is gone");
  });
  await pass(0);
  tasks.drop();
  await pass(20);
  expect(log).toEqual(["saw it"]);
});
