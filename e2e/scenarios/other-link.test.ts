/** A link that is put into the address of a page in use: nothing ends unasked. */
import { afterAll, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { findings, lookedAt, notByKeyboard } from "./findings.ts";
import { DonorPerson, HostPerson, opened } from "./people.ts";

const { browser, server, close } = await opened();
afterAll(close);

/** As typing does into the address bar, where only what follows `#` is another. */
const paste = ({ page }: HostPerson | DonorPerson, link: string) =>
  page.evaluate((hash) => void (location.hash = hash), new URL(link).hash);

it("a host with a ring is asked first; staying keeps ring and address, going turns the page into that room's", async () => {
  const [host, other] = [await HostPerson.open(browser, server, lookedAt), await HostPerson.open(browser, server)];
  const [own, elsewhere] = [await host.invitation(), await other.invitation()];
  await host.start("Start the ring");
  const address = host.page.url();

  await paste(host, own);
  await host.page.getByRole("heading", { name: "This is this room’s own link" }).waitFor();
  for (const fault of [await findings(host.page), await notByKeyboard(host.page)]) expect(fault).toEqual([]);
  await host.page.keyboard.press("Escape");
  await host.page.getByRole("dialog").waitFor({ state: "detached" });

  await paste(host, elsewhere);
  await host.page.getByRole("heading", { name: "Leave this room?" }).waitFor();
  await host.page.getByRole("button", { name: "Stay here" }).click();
  await eventually(() => host.page.url()).toBe(address);
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");

  await paste(host, elsewhere);
  await host.page.getByRole("button", { name: "Open it here" }).click();
  await host.page.getByRole("button", { name: "Join", exact: true }).waitFor();
  await eventually(() => host.page.url()).toBe(elsewhere);
  await Promise.all([host.page.context().close(), other.page.context().close()]);
});

it("a device in a room is asked first, too; pages that nobody uses follow at once", async () => {
  const [host, other] = [await HostPerson.open(browser, server), await HostPerson.open(browser, server)];
  const [own, elsewhere] = [await host.invitation(), await other.invitation()];
  const donor = await DonorPerson.open(browser, own);
  await paste(donor, elsewhere);
  await donor.page.waitForURL(elsewhere);
  await donor.join("Anna’s phone");
  await other.arrived(1);
  await paste(donor, own);
  await donor.page.getByRole("button", { name: "Stay here" }).click();
  await eventually(() => donor.page.url()).toBe(elsewhere);
  await donor.page.getByRole("heading", { name: "In the room" }).waitFor();
  // A host beside whom there is nobody.
  await paste(host, elsewhere);
  await host.page.getByRole("button", { name: "Join", exact: true }).waitFor();
  await Promise.all([host, other, donor].map(({ page }) => page.context().close()));
});
