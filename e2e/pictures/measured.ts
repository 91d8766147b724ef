/** What is measured and chosen: models, lists point by point, devices that become slower. */
import { DonorPerson, HostPerson } from "../scenarios/people.ts";
import { chooseTiny, roomOf, type World } from "./world.ts";

/** More answers than a device that has become slower is noticed after. */
const MOST_ANSWERS = 12;

/** The list of models beside measured devices; what is kept. */
export async function models({ browser, server, camera }: World): Promise<void> {
  const { host, donors } = await roomOf(browser, server, ["Anna’s iPhone"]);
  const [anna] = donors as [DonorPerson];
  await host.start("Start the ring");
  await host.ask("What is the capital of France?");
  await host.answered();
  await host.page.getByText(/^Model: /).click();
  const offers = host.page.getByRole("list", { name: "Models" });
  await offers
    .getByText(/about [\d.]+ tokens a second/)
    .first()
    .waitFor();
  await camera.take(host.page, "host-models");
  await host.page.getByText(/^Model: /).click();
  for (const { page } of [host, anna]) {
    await page.getByText("Kept on this device", { exact: true }).click();
    await page
      .getByRole("button", { name: /^Delete / })
      .first()
      .waitFor();
  }
  await camera.take(host.page, "host-kept");
  await camera.take(anna.page, "donor-kept");
}

/** A list whose points are written at once, a question for which that leads to nothing, and the settings of both. */
export async function outlines({ browser, server, camera }: World): Promise<void> {
  const { host } = await roomOf(browser, server, ["Anna’s iPhone"]);
  await host.start("Start the ring");
  await host.page.getByText("How it answers", { exact: true }).click();
  await host.page.getByRole("combobox", { name: "Lists point by point" }).selectOption("on");
  await host.page.getByRole("switch", { name: "Guess ahead" }).check();
  await camera.take(host.page, "host-settings");
  await host.page.getByText("How it answers", { exact: true }).click();
  await host.ask("List three things that help to sleep well.");
  await host.waitForText(60);
  await camera.take(host.page, "host-points");
  await host.answered();
  await host.ask("What is the capital of France?");
  await host.answered();
  await camera.take(host.page, "host-outline-set-aside");
}

const costsOf = (layerMs: number) => ({
  layer: [{ fromRows: 1, floorMs: layerMs, rowMs: layerMs / 40, pairMs: 0 }],
  ...{ frameMs: 0, head: null },
});

/** A device becomes slower: its card says so, then layers move away from it; a device that is not worth its while is left out. */
export async function measured({ browser, server, camera, scratch }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  const donors: DonorPerson[] = [];
  for (const name of ["Anna’s laptop", "Ben’s laptop"]) {
    const donor = await DonorPerson.open(browser, (await host.invitation()).replace("#", "?harness#"));
    await donor.join(name);
    await donor.page.evaluate((costs) => globalThis.jupiterDonor!.emulate({ costs, replay: null }), costsOf(4));
    donors.push(donor);
  }
  await host.arrived(2);
  await chooseTiny(host, scratch, 12);
  await host.start("Start the ring");
  const [anna] = donors as [DonorPerson];
  await anna.page.evaluate((costs) => globalThis.jupiterDonor!.alter(costs), costsOf(12));
  const moved = host.page.getByText(/Layers moved from Anna’s laptop/);
  let hasDrifted = false;
  for (let i = 0; i < MOST_ANSWERS && (await moved.count()) === 0; i++) {
    await host.newConversation();
    await host.ask("Hello");
    await host.answered();
    await host.ready();
    if (hasDrifted || (await host.devices.getByText(/times slower than measured/).count()) === 0) continue;
    hasDrifted = true;
    await camera.take(host.page, "host-drift");
  }
  await moved.waitFor();
  await camera.take(host.page, "host-layers-moved");
  await host.page.getByText("Options", { exact: true }).click();
  await host.page.getByRole("switch", { name: "Leave out devices that slow the ring down" }).check();
  await host.page.getByText("Options", { exact: true }).click();
  await host.start("Start again");
  await host.devices.getByText("left out: the ring is faster without it").waitFor();
  await camera.take(host.page, "host-left-out");
  await camera.take(anna.page, "donor-left-out");
}
