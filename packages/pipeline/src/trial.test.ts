import { expect, it } from "vitest";
import { Trial } from "./trial.ts";

/** So many tokens, of which each takes what `msOf` says; those that the drafter was asked for, and what all took. */
function run(trial: Trial, tokens: number, msOf: (isOn: boolean) => number) {
  let [asked, totalMs] = [0, 0];
  for (let i = 0; i < tokens; i++) {
    const { isOn } = trial;
    if (isOn) asked++;
    if (isOn) trial.answered();
    const ms = msOf(isOn);
    totalMs += ms;
    trial.observe(1, ms);
  }
  return { asked, totalMs };
}

it("a drafter with which tokens come sooner is asked nearly always", () => {
  expect(run(new Trial(), 2000, (isOn) => (isOn ? 60 : 100)).asked).toBeGreaterThan(1850);
});

it("one that makes tokens slower costs a part in twenty at most, and one that changes nothing is let be", () => {
  const slow = run(new Trial(), 1000, (isOn) => (isOn ? 170 : 100));
  expect(slow.totalMs).toBeLessThan(1.05 * 1000 * 100);
  expect(run(new Trial(), 1000, () => 100).asked).toBeLessThan(100);
});

it("to try one again costs a fiftieth of the time between, however slow it is", () => {
  for (const ms of [110, 170, 230]) {
    const trial = new Trial();
    run(trial, 32, (isOn) => (isOn ? ms : 100));
    expect(run(trial, 1200, (isOn) => (isOn ? ms : 100)).totalMs).toBeLessThan(1.021 * 1200 * 100);
  }
});

it("one that comes to pay is asked again, and one that no longer pays is not", () => {
  const trial = new Trial();
  run(trial, 500, (isOn) => (isOn ? 120 : 100));
  run(trial, 500, (isOn) => (isOn ? 70 : 100));
  expect(run(trial, 200, (isOn) => (isOn ? 70 : 100)).asked).toBeGreaterThan(150);
  run(trial, 500, (isOn) => (isOn ? 120 : 100));
  expect(run(trial, 200, (isOn) => (isOn ? 120 : 100)).asked).toBeLessThan(50);
});

it("one that has had nothing to say yet is not judged", () => {
  const trial = new Trial();
  for (let i = 0; i < 500; i++) trial.observe(1, 100);
  expect(trial.isOn).toBe(true);
});
