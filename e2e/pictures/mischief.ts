/** Servers and devices that do what they should not, and links that are put where they do not belong. */
import { seeded } from "@jupiter/testkit";
import { HostileServer } from "@jupiter/testkit/hostile-server";
import { ableToLie } from "../mischief.ts";
import { DonorPerson, HostPerson } from "../scenarios/people.ts";
import { chooseTiny, roomOf, type World } from "./world.ts";

/** At each tab. */
const MISCHIEFS = 50;
const MOST_TRIES = 5;

/** A server that delivers what nobody sent. */
export async function hostileServer({ browser, server, camera }: World): Promise<void> {
  await using hostile = await HostileServer.open(server.url, seeded(5));
  const host = await HostPerson.open(browser, hostile);
  const anna = await DonorPerson.open(browser, await host.invitation());
  await anna.join("Anna’s phone");
  await host.arrived(1);
  hostile.isHostile = true;
  hostile.harass(MISCHIEFS);
  for (const { page } of [host, anna]) await page.getByText("The server delivers what nobody here sent").waitFor();
  hostile.isHostile = false;
  await camera.take(host.page, "host-hostile-server");
  await camera.take(anna.page, "donor-hostile-server");
}

/** A device that sends garbage to the next one in the ring. */
export async function hostileDonor({ browser, server, camera, scratch }: World): Promise<void> {
  const names = ["Anna’s phone", "Ben’s laptop"];
  const { host, donors } = await roomOf(browser, server, names, { init: ableToLie });
  await host.arrived(2);
  await chooseTiny(host, scratch, 4);
  const [anna, ben] = donors as [DonorPerson, DonorPerson];
  const refused = host.page.getByText("A device sent what makes no sense").first();
  // Of a link that was closed for it the host may hear first from the device that lied.
  for (let i = 0; i < MOST_TRIES && (await refused.count()) === 0; i++) {
    await anna.page.evaluate(() => (globalThis.mischief = undefined));
    await host.page.getByRole("button", { name: /^Start (the ring|again)/ }).click();
    await host.ready();
    await anna.page.evaluate(() => (globalThis.mischief = "garbage"));
    await host.ask("Hello");
    await host.page.getByText("The ring has ended").waitFor();
  }
  await refused.waitFor();
  await camera.take(host.page, "host-hostile-donor");
  await camera.take(anna.page, "donor-hostile");
  await camera.take(ben.page, "donor-beside-hostile");
}

/** A room's link in the address of a page that is in use. */
export async function otherLinks({ browser, server, camera }: World): Promise<void> {
  const { host, donors } = await roomOf(browser, server, ["Anna’s phone"]);
  const elsewhere = await HostPerson.open(browser, server);
  for (const [name, page, link] of [
    ["host-own-link", host.page, await host.invitation()],
    ["host-other-link", host.page, await elsewhere.invitation()],
    ["donor-other-link", donors[0]!.page, await elsewhere.invitation()],
  ] as const) {
    await page.evaluate((hash) => void (location.hash = hash), new URL(link).hash);
    await page.getByRole("button", { name: "Stay here" }).waitFor();
    await camera.take(page, name, "viewport");
    await page.getByRole("button", { name: "Stay here" }).click();
  }
}
