/**
 * A model may write anything: its Markdown, through the real renderer in a real tab under the real policy, runs nothing and asks for nothing. The
 * policy is the last fence, and is not even reached: HTML and pictures are text before anything parses them.
 */
import { afterAll, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { HostPerson, opened } from "./people.ts";
import { watchPolicy } from "./slipped-in.ts";

const AWAY = "https://nasty.invalid";
const RUN = "globalThis.nasty=1";
const NASTY = [
  `<script>${RUN}</script><script src="${AWAY}/a.js"></script><script type="module">${RUN}</script>`,
  `<img src="x" onerror="${RUN}"><img src="${AWAY}/pixel.png"><img srcset="${AWAY}/set.png 2x"><image src="${AWAY}/i.png">`,
  `![remote](${AWAY}/markdown.png) ![local](/icon.svg?nasty) ![data](data:image/png;base64,iVBORw0KGgo=)`,
  `[run](javascript:${RUN}) [RUN](JaVaScRiPt:${RUN}) [tab](java&#9;script:${RUN}) [data](data:text/html,<script>${RUN}</script>) [vb](vbscript:x)`,
  `<a href="javascript:${RUN}" onclick="${RUN}" ping="${AWAY}/ping" target="_top" style="color:red">a</a><https://nasty.invalid/auto>`,
  `<svg onload="${RUN}"><use href="${AWAY}/u.svg#a"/><script>${RUN}</script><animate attributeName="href" values="javascript:${RUN}"/></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${RUN}"></style></mglyph></table></mtext></math>`,
  `<style>@import url("${AWAY}/s.css"); body { background: url(${AWAY}/bg.png) }</style><link rel="stylesheet" href="${AWAY}/l.css">`,
  `<link rel="prefetch" href="${AWAY}/p"><link rel="dns-prefetch" href="${AWAY}"><meta http-equiv="refresh" content="0;url=${AWAY}/m"><base href="${AWAY}/">`,
  `<iframe src="${AWAY}/f"></iframe><iframe srcdoc="<script>parent.nasty=1</script>"></iframe><frame src="${AWAY}"><object data="${AWAY}/o"></object><embed src="${AWAY}/e">`,
  `<form action="${AWAY}/form"><input name="q" autofocus onfocus="${RUN}"><button formaction="javascript:${RUN}">Send</button></form><isindex action="${AWAY}">`,
  `<video src="${AWAY}/v" poster="${AWAY}/poster" autoplay onerror="${RUN}"></video><audio src="${AWAY}/w" autoplay></audio><source src="${AWAY}/s"><track src="${AWAY}/t">`,
  `<details open ontoggle="${RUN}"><summary>x</summary></details><marquee onstart="${RUN}">m</marquee><dialog open oncancel="${RUN}">d</dialog>`,
  `<template><img src=x onerror="${RUN}"></template><noscript><p title="</noscript><img src=x onerror=${RUN}>"></noscript><textarea></textarea><img src=x onerror="${RUN}">`,
  `<div id="app" name="body" class="host" style="position:fixed;inset:0" background="${AWAY}/b">over all</div><p hidden contenteditable>p</p>`,
  "```html\n<script>globalThis.nasty=1</script>\n```",
  `<p>[ref][1]</p>\n\n[1]: javascript:${RUN} "title"`,
  "| a |\n|---|\n| one<br>two <strong>bold</strong> |",
  "The end of it.",
].join("\n\n");

/** What the renderer may leave in the page. */
const TAGS = "p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code strong em del a table thead tbody tr th td".split(
  " ",
);

const { browser, server, close } = await opened();
afterAll(close);

it("runs nothing, loads nothing, leads nowhere but to pages, and is still readable", async () => {
  const host = await HostPerson.open(browser, server, { init: watchPolicy });
  const { page } = host;
  const asked: string[] = [];
  page.context().on("request", (request) => asked.push(request.url()));
  page.on("dialog", (dialog) => void dialog.dismiss().finally(() => asked.push("a dialog")));
  await host.devices.first().waitFor();
  await page.evaluate(keepConversation, NASTY);
  await page.reload();
  await page.locator(".chat-header summary").first().click();
  const list = page.getByRole("list", { name: "Conversations" });
  await list
    .getByRole("button", { name: /^What is nasty/ })
    .first()
    .waitFor();
  // What the page itself asks for at its start has come.
  await page.waitForLoadState("networkidle");
  asked.length = 0;
  await list
    .getByRole("button", { name: /^What is nasty/ })
    .first()
    .click();
  await page.getByText("The end of it.").waitFor();
  await page.evaluate(settled);

  expect(await page.evaluate(() => "nasty" in globalThis)).toBe(false);
  expect(await page.evaluate(() => globalThis.forbidden)).toEqual([]);
  expect(asked.map((url) => new URL(url).pathname)).toEqual(["/healthz"]);
  expect(new URL(page.url()).origin).toBe(new URL(server.url).origin);
  const left = await page.evaluate(() =>
    [...document.querySelectorAll(".answer .markdown .block *")].map((element) => ({
      tag: element.localName,
      attributes: [...element.attributes].map(({ name, value }) => ({ name, value })),
    })),
  );
  expect(left.length).toBeGreaterThan(5);
  expect(left.filter(({ tag }) => !TAGS.includes(tag))).toEqual([]);
  const attributes = left.flatMap(({ attributes }) => attributes);
  expect(attributes.filter(({ name, value }) => !(name === "href" && /^https?:/.test(value)))).toEqual([]);
  expect(await page.locator(".answer .markdown code").innerText()).toContain("<script>");
  // What the model wrote is there to read.
  const text = await page.locator(".answer .markdown").innerText();
  for (const words of [`<img src="x" onerror="${RUN}">`, `<iframe src="${AWAY}/f">`, "remote", "bold"])
    expect(text).toContain(words);
  expect(await page.locator(".answer .markdown a", { hasText: "remote" }).getAttribute("href")).toBe(
    `${AWAY}/markdown.png`,
  );
  expect(await page.locator(".answer .markdown td br").count()).toBe(1);

  // The watches themselves see what should be seen.
  await page.evaluate(
    (markup) => document.body.insertAdjacentHTML("beforeend", markup),
    `<p style="color: red">red</p>`,
  );
  await eventually(() => page.evaluate(() => globalThis.forbidden)).toEqual(["style-src-attr inline"]);
  await page.evaluate((markup) => document.body.insertAdjacentHTML("beforeend", markup), `<img src="/icon.svg?seen">`);
  await eventually(() => asked.filter((url) => url.includes("seen"))).toHaveLength(1);
});

/** As the page itself keeps one. */
async function keepConversation(answer: string): Promise<void> {
  const figures = { tokens: 1, timeToFirstTokenMs: 1, tokensPerSecond: null, contextTokens: 1 };
  const turn = { id: "nasty", question: "What is nasty?", answer, state: { kind: "complete", figures } };
  const conversation = {
    id: "nasty",
    turns: [turn],
    settings: { systemPrompt: "", temperature: 0, seed: 1 },
    changedAtMs: Date.now(),
  };
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open("jupiter-conversations-1");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(new Error("the page keeps no conversations"));
  });
  const writing = database.transaction("conversations", "readwrite");
  writing.objectStore("conversations").put(conversation, conversation.id);
  await new Promise<void>((resolve, reject) => {
    writing.oncomplete = () => resolve();
    writing.onerror = () => reject(new Error("the conversation was not kept"));
  });
  database.close();
}

/** Whatever the answer's markup asks for was asked for when an answer to this comes. */
async function settled(): Promise<void> {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  await fetch("/healthz");
}
