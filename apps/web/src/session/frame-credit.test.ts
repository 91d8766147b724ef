import { expect, it } from "vitest";
import { FrameCredit } from "./frame-credit.ts";

it("a stage may be sent as many frames as wait there, and one more for each that left", () => {
  const credit = new FrameCredit({ framesAhead: 2, bytes: 1000 });
  expect(credit.came(10)).toBeNull();
  expect(credit.came(10)).toBeNull();
  credit.left();
  expect(credit.came(10)).toBeNull();
  expect(credit.came(10)).toBe("sent more than 2 frames without waiting for any to be computed");
  credit.reset();
  expect(credit.came(10)).toBeNull();
});

it("few large frames are bounded too", () => {
  const credit = new FrameCredit({ framesAhead: 256, bytes: 100 });
  expect(credit.came(60)).toBeNull();
  credit.left();
  expect(credit.came(60)).toBeNull();
  expect(credit.came(60)).toBe("sent frames of more than 100 bytes without waiting for any");
});

it("a host gets back what it sent, in bursts and for ever, and nothing else", () => {
  const credit = new FrameCredit({ framesAhead: 0, bytes: 100 });
  for (let lap = 0; lap < 50; lap++) {
    for (let frame = 0; frame < 3; frame++) credit.left();
    for (let frame = 0; frame < 3; frame++) expect(credit.came(30)).toBeNull();
  }
  expect(credit.came(30)).toBe("sent more frames than it was given");
});
