import fc from "fast-check";
import { expect, test } from "vitest";
import { MessageLink } from "./message-link.ts";
import { TransportError } from "./errors.ts";
import { Reassembler, Slicer } from "./slicing.ts";

function slicesOf(message: Uint8Array, sliceBytes: number): Uint8Array[] {
  const slicer = new Slicer(sliceBytes);
  const slices = [slicer.slice(message, 0).slice()];
  for (let at = slicer.payloadBytes(message, 0); at < message.length; at += slicer.payloadBytes(message, at)) {
    slices.push(slicer.slice(message, at).slice());
  }
  return slices;
}

const u8 = (...bytes: number[]) => Uint8Array.from(bytes);

test("any messages come out as they went in, whatever the slice size, with abandoned ones between", () => {
  const message = fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.integer({ min: 9, max: 40 }), (messages, sliceBytes) => {
      const reassembler = new Reassembler(60);
      const out: Uint8Array[] = [];
      for (const [bytes, abandon] of messages) {
        const slices = slicesOf(bytes, sliceBytes);
        const given = abandon && slices.length > 1 ? [...slices.slice(0, -1), new Slicer(9).abandon()] : slices;
        for (const slice of given) {
          const whole = reassembler.push(slice);
          if (whole) out.push(whole);
        }
      }
      const finished = messages.filter(([bytes, abandon]) => !abandon || bytes.length <= sliceBytes - 8);
      expect(out).toEqual(finished.map(([bytes]) => bytes));
    }),
    { seed: 4, numRuns: 500 },
  );
});

test("the bytes of a slice", () => {
  expect(slicesOf(u8(7, 8, 9), 10)).toEqual([u8(1, 1, 0, 0, 3, 0, 0, 0, 7, 8), u8(1, 2, 0, 0, 2, 0, 0, 0, 9)]);
  expect(slicesOf(u8(7), 10)).toEqual([u8(1, 0, 0, 0, 1, 0, 0, 0, 7)]);
});

const first = u8(1, 1, 0, 0, 3, 0, 0, 0, 7);
test.each<[string, Uint8Array[]]>([
  ["no header", [u8(1, 0, 0)]],
  ["another version", [u8(2, 0, 0, 0, 0, 0, 0, 0)]],
  ["reserved bytes", [u8(1, 0, 1, 0, 0, 0, 0, 0)]],
  ["an unknown kind", [first, u8(1, 4, 0, 0, 1, 0, 0, 0, 7)]],
  ["a length that is not the payload's", [u8(1, 0, 0, 0, 2, 0, 0, 0, 7)]],
  ["a message longer than allowed", [u8(1, 1, 0, 0, 0, 0, 0, 4, 7)]],
  ["a first slice that is already the whole", [u8(1, 1, 0, 0, 1, 0, 0, 0, 7)]],
  ["an empty first slice", [first.subarray(0, 8)]],
  ["a message inside another", [first, u8(1, 0, 0, 0, 0, 0, 0, 0)]],
  ["a continuation of nothing", [u8(1, 2, 0, 0, 0, 0, 0, 0, 7)]],
  ["a gap", [first, u8(1, 2, 0, 0, 2, 0, 0, 0, 7)]],
  ["more than announced", [first, u8(1, 2, 0, 0, 1, 0, 0, 0, 7, 7, 7)]],
  ["an empty continuation", [first, u8(1, 2, 0, 0, 1, 0, 0, 0)]],
])("%s ends the link with a reason", (_, slices) => {
  let shut = 0;
  const link = new MessageLink({ send: () => undefined, bufferedBytes: () => 0, shut: () => shut++ });
  const closed: unknown[] = [];
  link.events.on("close", (event) => closed.push(event));
  for (const slice of slices) link.receive(slice);
  expect(closed).toMatchObject([{ reason: "bad-slice", message: expect.stringContaining("a slice from the peer") }]);
  expect(shut).toBe(1);
});

test("arbitrary slices are taken or refused by name", () => {
  const slice = fc
    .tuple(
      fc.constantFrom([], [1, 0, 0, 0], [1, 1, 0, 0], [1, 2, 0, 0], [1, 3, 0, 0]),
      fc.uint8Array({ maxLength: 20 }),
    )
    .map(([start, rest]) => u8(...start, ...rest));
  fc.assert(
    fc.property(fc.array(slice, { maxLength: 6 }), (slices) => {
      const reassembler = new Reassembler(1000);
      try {
        for (const bytes of slices) reassembler.push(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(TransportError);
      }
    }),
    { seed: 5, numRuns: 3000 },
  );
});
