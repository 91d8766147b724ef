/** Who may be in the room: devices that ask first, get other names, are taken out; what those that stay notice of it. No model is needed. */
import { Room } from "@jupiter/room";
import { devices, type BrowserContextOptions } from "playwright";
import { afterAll, describe, expect, it } from "vitest";
import { collectPeerConnections } from "../peer-connections.ts";
import { eventually } from "./eventually.ts";
import { DonorPerson, HostPerson, opened } from "./people.ts";

const { browser, server, close } = await opened();
afterAll(close);

describe("a host that is asked first", () => {
  let host: HostPerson;
  let anna: DonorPerson;

  const press = (name: string) => host.page.getByRole("button", { name }).click();
  const askFirst = () => host.page.getByRole("switch", { name: /Ask me first/ });

  async function knock(name: string, device: BrowserContextOptions = {}): Promise<DonorPerson> {
    const options = { ...device, init: collectPeerConnections };
    const donor = await DonorPerson.open(browser, await host.invitation(), options);
    await donor.ask(name);
    await donor.page.getByRole("heading", { name: "Waiting to be let in" }).waitFor();
    return donor;
  }

  it("sees who asks, and lets in or refuses", async () => {
    host = await HostPerson.open(browser, server, { init: collectPeerConnections });
    await askFirst().check();
    anna = await knock("Anna’s phone", devices["Pixel 7"]);
    await eventually(() => anna.text()).toContain("The host is asked whether to let this device in.");
    const asking = host.page.getByRole("list", { name: "Asking to join" });
    await eventually(() => asking.innerText()).toMatch(/Anna’s phone wants to join \(Chrome on Android\)\./);
    await eventually(() => host.devices.count()).toBe(1);
    await press("Let in Anna’s phone");
    await anna.page.getByRole("heading", { name: "In the room" }).waitFor();
    await host.devices.nth(1).getByText("lends up to").waitFor();

    const eve = await knock("Eve");
    await press("Refuse Eve");
    await eve.page.getByText("The host did not let this device in.").waitFor();
    await eventually(() => eve.text()).toContain("Tell whoever shows the room’s link who you are");
    await eve.page.getByRole("button", { name: "Ask again" }).click();
    await asking.getByText("Eve").waitFor();
    await eve.vanish();
    await asking.waitFor({ state: "detached" });
    await eventually(() => host.devices.count()).toBe(2);
  });

  it("knows a phone again whose page was hidden, under the name that it was given here", async () => {
    await host.rename("Anna’s phone", "Classroom phone");
    await anna.page.getByText("This device is called Classroom phone here.").waitFor();
    await anna.show(false);
    await host.page.getByText("Nobody has joined yet").waitFor();
    await anna.show(true);
    await anna.page.getByRole("heading", { name: "In the room" }).waitFor();
    await host.devices.nth(1).getByText("Classroom phone", { exact: true }).waitFor();
    expect(await host.page.getByRole("list", { name: "Asking to join" }).count()).toBe(0);
    await host.rename("Classroom phone", "Anna’s phone");
    await host.devices.getByText("Anna’s phone", { exact: true }).waitFor();
  });

  it("does not ask again for a device whose page was loaded anew, but for a copy of its tab", async () => {
    const asking = host.page.getByRole("list", { name: "Asking to join" });
    await anna.page.reload();
    await anna.join("Anna’s phone");
    await host.arrived(1);
    expect(await asking.count()).toBe(0);

    const [copy] = await Promise.all([
      anna.page.waitForEvent("popup"),
      // A tab that is opened so begins with a copy of the other's storage, as a duplicated one does.
      anna.page.evaluate(() => void window.open(location.href)),
    ]);
    await copy.getByRole("textbox", { name: "This device’s name" }).fill("Copy");
    await copy.getByRole("button", { name: "Join", exact: true }).click();
    await asking.getByText("Copy").waitFor();
    await copy.close();
    await asking.waitFor({ state: "detached" });
    await host.arrived(1);
  });

  it("gives one that waits no name and no link, whatever it tries", async () => {
    const connections = () =>
      Promise.all([host, anna].map(({ page }) => page.evaluate(() => globalThis.peerConnections?.length)));
    const before = await connections();
    const eve = await Room.join({ signalUrl: server.url, name: "Eve", link: await host.invitation() });
    const heard: unknown[] = [];
    eve.events.on("signal", ({ payload }) => heard.push(payload));
    // Those that went before are gone there a moment later.
    await eventually(() => eve.members.map(({ role, name }) => `${role}: ${name}`).toSorted()).toEqual([
      "donor: A device",
      expect.stringMatching(/^host: /),
    ]);
    // Anna’s page must not link to it either, nor the host because it claims to have been let in before.
    const offer = { channel: "control", connection: "abcdefgh", signal: { type: "offer", sdp: "v=0" } };
    for (const { peer } of eve.members) await eve.sendSignal(peer, offer);
    await eve.sendSignal(eve.host!.peer, { introduction: { name: "Eve", resume: "a".repeat(64) } });
    await press("Refuse Eve");
    await eventually(() => heard).toEqual([{ notice: "introduce" }, { notice: "asked" }, { notice: "refused" }]);
    eve.leave();
    expect(await connections()).toEqual(before);
  });

  it("still asks after a reload, and not for those that are in", async () => {
    await host.page.reload();
    await host.devices.nth(1).getByText("lends up to").waitFor();
    await eventually(() => askFirst().isChecked()).toBe(true);
    const ben = await knock("Ben");
    await eventually(() => host.devices.count()).toBe(2);
    await askFirst().uncheck();
    await host.page.getByRole("button", { name: "Close the room" }).click();
    // Also those that were never let in.
    for (const donor of [anna, ben]) await donor.page.getByText("The host closed the room.").waitFor();
  });
});

describe("a device that is removed", () => {
  let host: HostPerson;
  let anna: DonorPerson;
  let ben: DonorPerson;
  let eve: DonorPerson;
  let oldLink: string;

  it("is told apart from another that calls itself the same, and is called something else on every page", async () => {
    host = await HostPerson.open(browser, server);
    oldLink = await host.invitation();
    const open = async (name: string) => {
      const donor = await DonorPerson.open(browser, oldLink);
      await donor.join(name);
      // In the list: the ring's picture has it as a hidden title, too.
      await host.devices.getByText(name, { exact: true }).waitFor();
      return donor;
    };
    anna = await open("  Anna’s \t phone ");
    ben = await open("Phone");
    eve = await DonorPerson.open(browser, oldLink);
    await eve.join("Phone");
    await host.devices.getByText("Phone 2", { exact: true }).waitFor();
    await host.rename("Phone 2", "Eve");
    await eve.page.getByText("This device is called Eve here.").waitFor();
    await host.devices.getByText("Eve", { exact: true }).waitFor();
    await host.rename("Eve", "PHONE");
    await eve.page.getByText("This device is called PHONE 2 here.").waitFor();
    await eve.page.reload();
    await eventually(() => eve.page.getByRole("textbox", { name: "This device’s name" }).inputValue()).toBe("PHONE 2");
    await eve.join("Eve");
    await host.devices.getByText("Eve", { exact: true }).waitFor();
  });

  it("is told so; the link changes, and those that stay are told the new one", async () => {
    await host.remove("Eve");
    await eve.page.getByText("The host removed this device from the room.").waitFor();
    expect(await eve.page.getByRole("button", { name: /again/ }).count()).toBe(0);
    await host.page.waitForFunction(
      (link) => document.querySelector<HTMLInputElement>(".invitation input")?.value !== link,
      oldLink,
    );
    const newLink = await host.invitation();
    expect(fragment(newLink).get("h")).toBe(fragment(oldLink).get("h"));
    for (const part of ["r", "k"]) expect(fragment(newLink).get(part)).not.toBe(fragment(oldLink).get(part));
    for (const donor of [anna, ben]) {
      await donor.page.waitForFunction((hash) => location.hash === hash, new URL(newLink).hash);
      await eventually(() => donor.text()).toContain("In the room");
    }
    await eventually(() => host.devices.allInnerTexts()).toEqual([
      expect.stringContaining("This device"),
      expect.stringContaining("Anna’s phone"),
      expect.stringContaining("Phone"),
    ]);
  });

  it("finds nobody by the old link, while the others find one another after reloads", async () => {
    // The page knows why it is out, though nobody is there any more who could say so, and offers no Join that leads nowhere.
    await eve.page.reload();
    await eve.page.getByText("The host removed this device from the room.").waitFor();
    await eventually(() => eve.text()).toContain("ask the host for the new link");
    expect(await eve.page.getByRole("button", { name: "Join" }).count()).toBe(0);
    const late = await DonorPerson.open(browser, oldLink);
    await late.ask("Late");
    await late.page.getByText("the link is an old one: ask the host for the new one").waitFor();
    await ben.page.reload();
    await ben.join("Ben");
    await host.devices.getByText("Ben", { exact: true }).waitFor();
    const link = await host.invitation();
    await host.page.reload();
    await host.devices.nth(2).getByText("lends up to").waitFor();
    await eventually(() => host.invitation()).toBe(link);
    const names = async () => (await host.devices.locator("strong").allInnerTexts()).toSorted();
    await eventually(names).toEqual(["Anna’s phone", "Ben", "This device"]);
    await eventually(() => late.text()).toContain("the link is an old one");
    // A server cannot end a visit: only the host's own word does, and none comes from a room without a host.
    await late.page.reload();
    await late.page.getByRole("button", { name: "Join", exact: true }).waitFor();
    // The new link lets it in again, in the same tab.
    await eve.page.goto(link);
    await eve.join("Eve");
    await host.devices.getByText("Eve", { exact: true }).waitFor();
  });
});

function fragment(link: string): URLSearchParams {
  return new URLSearchParams(new URL(link).hash.slice(1));
}
