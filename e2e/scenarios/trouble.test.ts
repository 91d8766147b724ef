/** What people read when something is missing or breaks: a cause, and a next step. */
import { afterAll, expect, it } from "vitest";
import { giveHalfAGigabyte, keepApart, takeAway } from "../broken-browsers.ts";
import { damagedModel } from "../damaged-model.ts";
import { eventually } from "./eventually.ts";
import { findings, lookedAt, notByKeyboard } from "./findings.ts";
import { DonorPerson, HostPerson, serve, opened } from "./people.ts";

const MAC =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15";

const { browser, server, close } = await opened();
afterAll(close);

it("a browser without WebGPU, isolation and files says what that means, and answers all the same", async () => {
  const host = await HostPerson.open(browser, server, { init: takeAway });
  for (const [what, meaning] of [
    ["No WebGPU in this browser", "several times slower"],
    ["This page is not isolated", "one processor core"],
    ["This browser keeps no files", "fetched anew on every visit"],
  ] as const) {
    await host.page.getByText(what).click();
    await host.page.getByText(meaning).waitFor();
  }
  await host.start("Start the ring");
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  await host.page.context().close();
});

it("a browser that does not give what is offered offers what it gives, and says so", async () => {
  const host = await HostPerson.open(browser, server);
  const donor = await DonorPerson.open(browser, await host.invitation(), { init: giveHalfAGigabyte });
  await donor.join("Small tablet");
  await donor.page.getByText("This browser gives up to 537 MB").waitFor();
  await host.devices.nth(1).getByText("537 MB").waitFor();
  await host.page.context().close();
  await donor.page.context().close();
});

it("a device that cannot be reached is told on both sides, with the usual reasons", async () => {
  const host = await HostPerson.open(browser, server, lookedAt);
  const donor = await DonorPerson.open(browser, await host.invitation(), {
    ...lookedAt,
    userAgent: MAC,
    init: keepApart,
  });
  await donor.join("Guest Wi-Fi laptop");
  await donor.page.getByText("The host cannot reach this device").waitFor({ timeout: 60_000 });
  await host.devices.getByText("No connection", { exact: true }).waitFor();
  const card = () => host.devices.nth(1).innerText();
  for (const cause of ["guest Wi-Fi", "VPN", "TURN"]) {
    await eventually(() => donor.text()).toContain(cause);
    await eventually(card).toContain(cause);
  }
  await eventually(card).toContain("the other device named no address");
  // Only where the system asks for it, and first there.
  await eventually(() => donor.page.locator(".cause").first().innerText()).toContain("Local Network");
  expect(await card()).not.toContain("Local Network");
  for (const { page } of [host, donor]) {
    expect(await findings(page)).toEqual([]);
    expect(await notByKeyboard(page)).toEqual([]);
  }
  await Promise.all([host.page.context().close(), donor.page.context().close()]);
});

it("damaged weights are named as such where they came, and nothing of them is used", async () => {
  await using model = await damagedModel();
  const other = await serve({ models: [model.folder] });
  const host = await HostPerson.open(browser, other);
  const donor = await DonorPerson.open(browser, await host.invitation());
  await donor.join("Anna’s phone");
  await host.arrived(1);
  await host.page.getByRole("button", { name: "Start the ring" }).click();
  await host.page.getByText("The ring did not start").waitFor({ timeout: 120_000 });
  await host.page.getByText("The model’s file is not what it should be").first().waitFor();
  await donor.page.getByText("The layers that came are damaged").first().waitFor();
  await Promise.all([host.page.context().close(), donor.page.context().close()]);
  await other.close();
});

it("a server that goes and comes back disturbs no running ring, and one that cannot be had ends none", async () => {
  const first = await serve();
  const host = await HostPerson.open(browser, first);
  const donor = await DonorPerson.open(browser, await host.invitation());
  await donor.join("Anna’s phone");
  await host.arrived(1);
  await host.start("Start the ring");
  await first.close();
  for (const { page } of [host, donor]) await page.getByText("The server cannot be reached").waitFor();
  await host.ask("What is the capital of France?");
  expect(await host.answered()).toContain("Paris");
  await host.page.getByRole("button", { name: "Start again" }).click();
  const kept = host.page.getByText("so the ring that runs was kept");
  await kept.waitFor();
  await host.ask("And of Italy?");
  expect(await host.answered()).toContain("Rome");
  const second = await serve({ port: Number(new URL(first.url).port) });
  for (const { page } of [host, donor])
    await page.getByText("The server cannot be reached").waitFor({ state: "detached", timeout: 60_000 });
  await kept.waitFor({ state: "detached" });
  await host.start("Start again");
  await host.ask("And of Spain?");
  expect(await host.answered()).toContain("Madrid");
  await Promise.all([host.page.context().close(), donor.page.context().close()]);
  await second.close();
});

it("a server that does not answer is told while a room is opened or joined, and both come about when it does", async () => {
  const first = await serve();
  const [host, leaving] = [await HostPerson.open(browser, first, lookedAt), await HostPerson.open(browser, first)];
  const donor = await DonorPerson.open(browser, await host.invitation(), lookedAt);
  await donor.join("Anna’s phone");
  await donor.leave();
  await leaving.page.getByRole("button", { name: "Close the room" }).click();
  await first.close();

  await leaving.page.getByRole("button", { name: "Open a new room" }).click();
  await donor.page.getByRole("button", { name: "Join again" }).click();
  for (const { page } of [leaving, donor])
    await page.getByText("The server has not answered yet; it is tried again by itself.").waitFor();
  expect(await findings(donor.page)).toEqual([]);
  const second = await serve({ port: first.port });
  await leaving.invitation();
  await donor.page.getByRole("heading", { name: "In the room" }).waitFor();
  await Promise.all([host, leaving, donor].map(({ page }) => page.context().close()));
  await second.close();
});
