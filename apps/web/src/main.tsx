import { harness } from "./harness.ts";
import { DonorSession } from "./session/donor-session.ts";
import { deviceName } from "./session/device.ts";

if (location.hash) {
  const session = await DonorSession.join({ signalUrl: location.origin, link: location.href, name: deviceName() });
  if (new URLSearchParams(location.search).has("harness"))
    globalThis.jupiterDonor = { peer: session.self, sentBytes: () => Object.fromEntries(session.sentBytes) };
} else if (new URLSearchParams(location.search).has("harness")) globalThis.jupiterHarness = harness;
