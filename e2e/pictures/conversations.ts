/** Conversations that are nearly full, kept over a reload, and open in two tabs; a smaller model that guesses. */
import { HostPerson } from "../scenarios/people.ts";
import { toTop, type World } from "./world.ts";

/** Longer than any of them has to be. */
const MOST_ANSWERS = 6;

/** A short context fills; the page is loaded anew while it answers. */
export async function kept({ browser, server, camera }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  const { page } = host;
  await page.getByText("Options", { exact: true }).click();
  await page.getByRole("slider", { name: "Context" }).fill("512");
  const longest = page.getByRole("spinbutton", { name: "Longest answer" });
  await longest.fill("200");
  await longest.blur();
  await page.getByText("Options", { exact: true }).click();
  await host.start("Start the ring");
  const fills = page.getByText(/^This conversation fills/);
  for (let i = 0; i < MOST_ANSWERS && (await fills.count()) === 0; i++) {
    await host.ask(i === 0 ? "Tell me a long story about a fisherman and the sea." : "Go on.");
    await host.answered();
  }
  await fills.waitFor();
  await toTop(page);
  await camera.take(page, "host-context-nearly-full");
  await host.newConversation();
  await host.ask("Tell me a long story about a mountain and a cloud.");
  await host.waitForText(200);
  await page.reload();
  await page.getByText("This page was closed while the answer was written.").waitFor();
  await camera.take(page, "host-restored-conversation");
}

/** A small model repeats itself: while it does, when it was stopped, and asked again by chance. */
export async function circles({ browser, server, camera }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  const { page } = host;
  await host.start("Start the ring");
  await host.ask("Write a poem about the sea.");
  const again = page.getByRole("button", { name: "Ask again with temperature 0.7" });
  await again.waitFor();
  await page.getByRole("main").getByRole("button", { name: "Stop" }).click();
  await host.answered();
  await toTop(page);
  await camera.take(page, "host-circles");
  await again.click();
  await page.getByText("Written with temperature 0.7").waitFor();
  await camera.take(page, "host-out-of-circles");
}

/** The same conversation goes on in two tabs at once; one of them deletes it. */
export async function twoTabs({ browser, server, camera }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  await host.start("Start the ring");
  await host.ask("What is the capital of France?");
  await host.answered();
  const other = await HostPerson.openBeside(host, server);
  await other.page.getByText("What is the capital of France?").first().waitFor();
  await camera.take(other.page, "host-second-tab");
  await other.start("Start the ring");
  // The one saves its answer as it grows; what the other asks meanwhile is a copy.
  await host.ask("Tell me a long story about a fisherman and the sea.");
  await host.waitForText(20);
  await other.ask("And of Greece?");
  await other.page.getByText("This conversation went on in another tab as well.").waitFor();
  await other.answered();
  await camera.take(other.page, "host-conversation-parted");
  await host.page.getByRole("button", { name: "Stop" }).click();
  await host.answered();
  await host.page.locator(".chat-header summary").first().click();
  const remove = host.page.getByRole("list", { name: "Conversations" }).getByRole("button", { name: /^Delete/ });
  await remove.nth(1).waitFor();
  while ((await remove.count()) > 0) await remove.first().click();
  await camera.take(host.page, "host-conversations-deleted");
  await other.page.getByText("The conversation was deleted in another tab.").waitFor();
  await camera.take(other.page, "host-deleted-elsewhere");
}

/** A smaller model is chosen to guess ahead, beside a large one. */
export async function guessing({ browser, server, camera }: World): Promise<void> {
  const host = await HostPerson.open(browser, server);
  const { page } = host;
  await page.getByText(/^Model: /).click();
  await page.getByRole("radio", { name: /1\.5B/ }).check();
  await page.getByText(/^Model: /).click();
  await page.getByText("How it answers", { exact: true }).click();
  await page.getByRole("switch", { name: "Guess ahead" }).check();
  await page.getByRole("switch", { name: /^Guess with / }).check();
  await camera.take(page, "host-guessing-model");
  await page.getByRole("button", { name: "Start the ring" }).click();
  await page.getByText("It is guessing.").waitFor({ timeout: 150_000 });
  await camera.take(page, "host-guessing-model-ready");
}
