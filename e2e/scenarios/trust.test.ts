/** Who may be in the room: devices that ask first, get other names, are taken out; what those that stay notice of it. No model is needed. */
import type { RunningServer } from "@jupiter/signaling-server";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { DonorPerson, HostPerson, serve } from "./people.ts";

let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  [browser, server] = [await launchChromium(), await serve()];
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

describe("a host that is asked first", () => {
  let host: HostPerson;
  let anna: DonorPerson;

  const press = (name: string) => host.page.getByRole("button", { name }).click();
  const askFirst = () => host.page.getByRole("switch", { name: /Ask me first/ });

  async function knock(name: string): Promise<DonorPerson> {
    const donor = await DonorPerson.open(browser, await host.invitation());
    await donor.ask(name);
    await donor.page.getByRole("heading", { name: "Waiting to be let in" }).waitFor();
    return donor;
  }

  it("sees who asks, and lets in or refuses", async () => {
    host = await HostPerson.open(browser, server);
    await askFirst().check();
    anna = await knock("Anna’s phone");
    expect(await anna.text()).toContain("The host is asked whether to let this device in.");
    const asking = host.page.getByRole("list", { name: "Asking to join" });
    expect(await asking.innerText()).toMatch(/Anna’s phone wants to join, from Chrome on Linux\./);
    expect(await host.devices.count()).toBe(1);
    await press("Let in Anna’s phone");
    await anna.page.getByRole("heading", { name: "In the room" }).waitFor();
    await host.devices.nth(1).getByText("lends up to").waitFor();

    const eve = await knock("Eve");
    await press("Refuse Eve");
    await eve.page.getByText("The host did not let this device in.").waitFor();
    expect(await eve.text()).toContain("Tell whoever shows the room’s link who you are");
    await eve.page.getByRole("button", { name: "Ask again" }).click();
    await asking.getByText("Eve").waitFor();
    await eve.vanish();
    await asking.waitFor({ state: "detached" });
    expect(await host.devices.count()).toBe(2);
  });

  it("still asks after a reload, and not for those that are in", async () => {
    await host.page.reload();
    await host.devices.nth(1).getByText("lends up to").waitFor();
    expect(await askFirst().isChecked()).toBe(true);
    const ben = await knock("Ben");
    expect(await host.devices.count()).toBe(2);
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
      await host.page.getByText(name, { exact: true }).first().waitFor();
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
    expect(await eve.page.getByRole("textbox", { name: "This device’s name" }).inputValue()).toBe("PHONE 2");
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
      expect(await donor.text()).toContain("In the room");
    }
    expect(await host.devices.allInnerTexts()).toEqual([
      expect.stringContaining("This device"),
      expect.stringContaining("Anna’s phone"),
      expect.stringContaining("Phone"),
    ]);
  });

  it("finds nobody by the old link, while the others find one another after reloads", async () => {
    await eve.page.reload();
    await eve.join("Eve");
    await eve.page.getByText("The host is not in the room.").waitFor();
    await ben.page.reload();
    await ben.join("Ben");
    await host.devices.getByText("Ben", { exact: true }).waitFor();
    const link = await host.invitation();
    await host.page.reload();
    await host.devices.nth(2).getByText("lends up to").waitFor();
    expect(await host.invitation()).toBe(link);
    const names = await host.devices.locator("strong").allInnerTexts();
    expect(names.toSorted()).toEqual(["Anna’s phone", "Ben", "This device"]);
    expect(await eve.text()).toContain("The host is not in the room.");
  });
});

function fragment(link: string): URLSearchParams {
  return new URLSearchParams(new URL(link).hash.slice(1));
}
