/** Who is let in, who is not, who goes and comes back. */
import { DonorPerson, HostPerson, serve } from "../scenarios/people.ts";
import { IPHONE, roomOf, type World } from "./world.ts";

/** The host is asked first; a device is let in, another is not, one is removed. */
export async function door({ browser, server, camera }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  await host.page.getByRole("switch", { name: "Ask me first" }).check();
  const anna = await DonorPerson.open(browser, await host.invitation(), { userAgent: IPHONE });
  await anna.ask("Anna’s iPhone");
  await anna.page.getByText("Waiting to be let in").waitFor();
  const ben = await DonorPerson.open(browser, await host.invitation());
  await ben.ask("Ben’s laptop");
  await host.page.getByRole("button", { name: "Let in Ben’s laptop" }).waitFor();
  await camera.take(host.page, "host-asked-first");
  await camera.take(anna.page, "donor-asking");
  await host.page.getByRole("button", { name: "Refuse Ben’s laptop" }).click();
  await ben.page.getByText("The host did not let this device in").waitFor();
  await camera.take(ben.page, "donor-not-let-in");
  await host.page.getByRole("button", { name: "Let in Anna’s iPhone" }).click();
  await host.arrived(1);
  await host.page.locator("summary").and(host.page.getByLabel("Rename or remove Anna’s iPhone")).click();
  await camera.take(host.page, "host-device-menu");
  await host.page.getByRole("button", { name: "Remove Anna’s iPhone" }).click();
  await anna.page.getByText("The host removed this device").waitFor();
  await camera.take(anna.page, "donor-removed");
  await camera.take(host.page, "host-removed");
}

/** A phone whose page goes to the background; a host that does not come back. */
export async function awayAndBack({ browser, camera }: World): Promise<void> {
  const server = await serve();
  const { host, donors } = await roomOf(browser, server, ["Anna’s iPhone", "Ben’s laptop"]);
  const [anna, ben] = donors as [DonorPerson, DonorPerson];
  await host.start("Start the ring");
  await anna.show(false);
  await anna.page.getByText("joins again when you are back").waitFor();
  await camera.take(anna.page, "donor-hidden");
  await anna.show(true);
  await anna.page.getByRole("heading", { name: "In the room" }).waitFor();
  await host.arrived(2);
  await camera.take(host.page, "host-device-is-back");
  const link = await host.invitation();
  await host.page.context().close();
  await ben.page.getByText(/^The host is gone/).waitFor();
  await camera.take(ben.page, "donor-host-gone");
  const late = await DonorPerson.open(browser, link);
  await late.ask("Grandma’s tablet");
  await late.page.getByText(/^No host is there by this link/).waitFor();
  await camera.take(late.page, "donor-host-away");
  await server.close();
}
