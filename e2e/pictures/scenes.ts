/** What is photographed, in the order in which people meet it. Each scene has a server of its own; SmolLM2 answers. */
import { DonorPerson, HostPerson } from "../scenarios/people.ts";
import { circles, guessing, kept, twoTabs } from "./conversations.ts";
import { awayAndBack, door } from "./guests.ts";
import { hostileDonor, hostileServer, otherLinks } from "./mischief.ts";
import { measured, models, outlines } from "./measured.ts";
import { addresses, broken, damaged, ends, hindrances, links, refusals } from "./trouble.ts";
import { chooseTiny, IPHONE, roomOf, stopHalfway, toTop, type Scene, type World } from "./world.ts";

export const scenes: Readonly<Record<string, Scene>> = {
  meeting,
  door,
  answering,
  asking,
  crowd,
  outlines,
  models,
  measured,
  kept,
  circles,
  twoTabs,
  guessing,
  leaving,
  awayAndBack,
  refusals,
  damaged,
  broken,
  hindrances,
  links,
  hostileServer,
  hostileDonor,
  otherLinks,
  addresses,
  ends,
};

/** A new room, its details, who joins and who could not. */
async function meeting({ browser, server, camera }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  await host.page.getByText("Nobody has joined yet").waitFor();
  await camera.take(host.page, "host-new-room");
  for (const label of ["Options", "How it answers", "Kept on this device"])
    await host.page.getByText(label, { exact: true }).click();
  await camera.take(host.page, "host-details");
  const cut = await DonorPerson.open(browser, (await host.invitation()).slice(0, -8));
  await cut.page.getByRole("button", { name: "Join", exact: true }).click();
  await cut.page.getByText("copy it whole").waitFor();
  await camera.take(cut.page, "donor-refused");
  const anna = await DonorPerson.open(browser, await host.invitation(), { userAgent: IPHONE });
  await camera.take(anna.page, "donor-join");
  await anna.join("Anna’s iPhone");
  await camera.take(anna.page, "donor-waiting");
  const ben = await DonorPerson.open(browser, await host.invitation());
  await ben.join("Ben’s laptop");
  await host.arrived(2);
  for (const label of ["Options", "How it answers", "Kept on this device"])
    await host.page.getByText(label, { exact: true }).click();
  await camera.take(host.page, "host-devices");
  const trust = await (await browser.newContext()).newPage();
  await trust.goto(`${server.url}trust`);
  await camera.take(trust, "trust");
}

/** A ring is put together, answers, and is looked at. */
async function answering({ browser, server, camera, documents }: World): Promise<void> {
  const names = ["Anna’s iPhone", "Ben’s laptop", "Classroom PC"];
  const { host, donors } = await roomOf(browser, server, names, { init: stopHalfway, pledgesMiB: [256, 320, 320] });
  const [anna] = donors as [DonorPerson];
  // As with a model that is too large for one device: left to itself, one of equal devices would take nearly all layers of this small one.
  await host.page.getByText("Options", { exact: true }).click();
  await host.page.getByRole("slider", { name: /^This device holds/ }).fill(String(256 * 2 ** 20));
  await host.page.getByText("Options", { exact: true }).click();
  await toTop(host.page);
  await host.page.getByRole("button", { name: "Start the ring" }).click();
  await anna.page.getByText("Fetching layers").waitFor({ timeout: 120_000 });
  await camera.take(host.page, "host-starting");
  await camera.take(anna.page, "donor-loading");
  await anna.page.evaluate(() => globalThis.letGo?.());
  await host.ready();
  await camera.take(host.page, "host-ready");
  await host.ask("Write a Python function that adds two numbers.");
  await host.waitForText(120);
  await toTop(host.page);
  await camera.keep(host.page, `${documents}/ring.png`, { width: 1440, scheme: "light" });
  await camera.take(host.page, "host-answering", "viewport");
  await camera.take(anna.page, "donor-serving");
  await host.answered();
  await camera.take(host.page, "host-answer");
  await camera.keep(anna.page, `${documents}/phone.png`, { width: 360, scheme: "dark" });
  await host.page.getByText("Speed", { exact: true }).click();
  await host.page.getByText(/^With one more like Classroom PC/).waitFor();
  await host.page.getByText("Plan and measurement", { exact: true }).click();
  await camera.take(host.page, "host-speed");
  await host.page.getByText("Speed", { exact: true }).click();
  await host.ask("Tell me a long story about a fisherman and the sea.");
  await host.waitForText(60);
  await host.page.getByRole("button", { name: "Show large" }).click();
  await camera.take(host.page, "host-large-ring", "viewport");
  await host.page.emulateMedia({ reducedMotion: "reduce" });
  await camera.take(host.page, "host-large-ring-calm", "viewport");
  await host.page.emulateMedia({ reducedMotion: "no-preference" });
  await host.page.getByRole("button", { name: "Back" }).click();
  await host.page.getByRole("button", { name: "Start again" }).click();
  await camera.take(host.page, "host-start-cuts-answer");
  await host.page.getByRole("button", { name: "Keep writing" }).click();
  await host.page.getByRole("button", { name: "Stop" }).click();
  await host.answered();
  await host.page.getByRole("button", { name: "Edit" }).first().click();
  await host.page.locator(".chat-header summary").first().click();
  await camera.take(host.page, "host-editing-conversations");
}

/** A device of the ring asks from its own page. */
async function asking({ browser, server, camera }: World): Promise<void> {
  const { host, donors } = await roomOf(browser, server, ["Anna’s iPhone", "Ben’s laptop"]);
  const [anna, ben] = donors as [DonorPerson, DonorPerson];
  await host.start("Start the ring");
  await anna.page.getByRole("textbox", { name: "Your question" }).waitFor();
  await camera.take(anna.page, "donor-can-ask");
  await anna.askRing("Write a Python function that adds two numbers.");
  await host.page.getByRole("list", { name: "Questions", exact: true }).getByText("Anna’s iPhone asks:").waitFor();
  await camera.take(anna.page, "donor-asks");
  await toTop(host.page);
  await camera.take(host.page, "host-is-asked", "viewport");
  await host.page.getByRole("button", { name: "Show large" }).click();
  await camera.take(host.page, "host-is-asked-large-ring", "viewport");
  await host.page.getByRole("button", { name: "Back" }).click();
  await host.page.getByRole("button", { name: "Answer Anna’s iPhone" }).click();
  await anna.answered();
  await host.page.getByText("Show the answer").click();
  await camera.take(anna.page, "donor-answered");
  await camera.take(host.page, "host-answered-donor");
  await ben.askRing("What is the capital of France?");
  await host.page.getByRole("button", { name: "Refuse the question from Ben’s laptop" }).click();
  await ben.answered();
  await camera.take(ben.page, "donor-question-refused");
}

/** Devices go; the page is loaded anew. */
async function leaving({ browser, server, camera }: World): Promise<void> {
  const { host, donors } = await roomOf(browser, server, ["Anna’s iPhone", "Ben’s laptop"]);
  const [anna, ben] = donors as [DonorPerson, DonorPerson];
  await host.start("Start the ring");
  await host.ask("Tell me a long story about a fisherman and the sea.");
  await host.waitForText(60);
  await anna.leave();
  await host.page.getByText("The ring has ended").waitFor();
  await camera.take(host.page, "host-device-left");
  await camera.take(anna.page, "donor-left");
  await camera.take(ben.page, "donor-ring-given-up");
  await host.page.reload();
  await host.page.getByText("loaded anew").waitFor();
  await camera.take(host.page, "host-reloaded");
  await host.page.getByRole("button", { name: "Close the room" }).click();
  await ben.page.getByText("The host closed the room.").waitFor();
  await camera.take(host.page, "host-closed");
  await camera.take(ben.page, "donor-room-closed");
}

/** As many devices as a living room has: before a ring, in one, and on a projector. */
async function crowd({ browser, server, camera, scratch }: World): Promise<void> {
  const names = ["Anna’s iPhone", "Ben’s laptop", "Grandma’s iPhone", "Classroom PC", "Chloé’s very new iPhone"];
  const { host } = await roomOf(browser, server, [...names, "Dad’s laptop", "Kitchen iPhone"]);
  await host.arrived(7);
  await camera.take(host.page, "host-crowd");
  await chooseTiny(host, scratch, 14);
  await host.start("Start the ring");
  await host.ask("Hello");
  await host.answered();
  await toTop(host.page);
  await camera.take(host.page, "host-crowd-ring");
  await host.page.getByRole("button", { name: "Show large" }).click();
  await camera.take(host.page, "host-crowd-large-ring", "viewport");
}
