import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { PatientSignals } from "./patient-signals.ts";

const [anna, ben] = [PeerId.parse("anna0000"), PeerId.parse("ben00000")];
const AWAY = new Error("away");
const settled = () => new Promise((resolve) => setImmediate(resolve));

function signals(isAway: (to: PeerId, waits: number) => boolean) {
  const [sent, waits]: [string[], number[]] = [[], []];
  const patient = new PatientSignals({
    send: (to, payload) =>
      isAway(to, waits.length)
        ? Promise.reject(AWAY)
        : Promise.resolve(void sent.push(`${to} ${JSON.stringify(payload)}`)),
    mayPass: (error) => error === AWAY,
    wait: async (delayMs) => {
      waits.push(delayMs);
      await settled();
    },
  });
  return { patient, sent, waits };
}

it("holds back what a member that is away does not get, and sends it in its order; others wait for nothing", async () => {
  const { patient, sent, waits } = signals((to, waits) => to === anna && waits < 5);
  patient.send(anna, [1]);
  patient.send(anna, [2]);
  patient.send(ben, [3]);
  await settled();
  patient.send(anna, [4]);
  expect(sent).toEqual([`${ben} [3]`]);
  await expect.poll(() => sent.length).toBe(4);
  expect(sent.slice(1)).toEqual([`${anna} [1]`, `${anna} [2]`, `${anna} [4]`]);
  expect(waits).toHaveLength(5);
});

it("forgets what was for a member that does not come back, and begins anew", async () => {
  let isGone = true;
  const { patient, sent, waits } = signals(() => isGone);
  patient.send(anna, [1]);
  await expect.poll(() => waits.length).toBe(30);
  await settled();
  isGone = false;
  patient.send(anna, [2]);
  await settled();
  expect(sent).toEqual([`${anna} [2]`]);
});
