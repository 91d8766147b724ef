import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { Admission, OPEN_DOOR, type Asking } from "./admission.ts";

const [anna, ben] = ["anna0000", "ben00000"].map((id) => ({ peer: PeerId.parse(id), name: id, device: null })) as [
  Asking,
  Asking,
];

it("an open door lets everybody in; a door that asks lets in whom a person lets in", () => {
  const door = new Admission(OPEN_DOOR);
  expect(door.knock(anna)).toBe("in");
  door.setAsksFirst(true);
  expect(door.knock(anna)).toBe("in"); // its page never left
  expect(door.knock(ben)).toBe("ask");
  expect(door.asking.value).toEqual([ben]);
  expect(door.letIn(anna.peer)).toBe(false);
  expect(door.letIn(ben.peer)).toBe(true);
  expect(door.asking.value).toEqual([]);
  expect(door.knock(ben)).toBe("in");
});

it("whoever was refused or removed stays out, also when the door opens", () => {
  const door = new Admission({ asksFirst: true, admitted: [anna.peer], tickets: [] });
  door.knock(ben);
  expect(door.refuse(ben.peer)).toBe(true);
  expect(door.refuse(ben.peer)).toBe(false);
  door.expel(anna.peer);
  door.setAsksFirst(false);
  expect(door.knock(ben)).toBe("refused");
  expect(door.knock(anna)).toBe("refused");
  expect(door.kept.value).toEqual(OPEN_DOOR);
});

it("those that wait are asked for once, and forgotten when they go", () => {
  const door = new Admission({ asksFirst: true, admitted: [], tickets: [] });
  door.knock(ben);
  door.knock({ ...ben, name: "Ben again" });
  expect(door.asking.value.map(({ name }) => name)).toEqual(["Ben again"]);
  door.setAsksFirst(false);
  expect(door.asking.value).toHaveLength(1);
  door.left(ben.peer);
  expect(door.asking.value).toEqual([]);
  expect(door.letIn(ben.peer)).toBe(false);
});

it("an id that everybody saw lets nobody in once its device is gone", () => {
  const door = new Admission({ asksFirst: true, admitted: [anna.peer, ben.peer], tickets: [] });
  door.keepOnly([anna.peer]);
  expect(door.knock(ben)).toBe("ask");
  expect(door.knock(anna)).toBe("in");
  door.left(anna.peer);
  expect(door.knock(anna)).toBe("ask");
});

it("a ticket lets its device in under another id, once; whoever leaves, or is taken out, loses it", () => {
  const door = new Admission({ asksFirst: true, admitted: [anna.peer], tickets: [] });
  door.issue(anna.peer, "first");
  door.issue(anna.peer, "second");
  expect(door.tickets).toEqual(["second"]);
  door.left(anna.peer); // its screen went dark
  expect(door.readmit("first", ben.peer)).toBeNull();
  door.knock(ben);
  expect(door.readmit("second", ben.peer)).toBe(anna.peer);
  expect([door.knock(ben), door.asking.value]).toEqual(["in", []]);
  expect(door.readmit("second", anna.peer)).toBeNull();
  expect(door.knock(anna)).toBe("ask");

  door.issue(ben.peer, "third");
  door.departed(ben.peer);
  door.letIn(anna.peer);
  door.issue(anna.peer, "fourth");
  door.expel(anna.peer);
  expect(door.tickets).toEqual([]);
});

it("who was refused does not come in by a ticket either", () => {
  const door = new Admission({ asksFirst: true, admitted: [anna.peer], tickets: [{ ticket: "t", peer: anna.peer }] });
  door.knock(ben);
  door.refuse(ben.peer);
  expect(door.readmit("t", ben.peer)).toBeNull();
  expect(door.knock(ben)).toBe("refused");
});
