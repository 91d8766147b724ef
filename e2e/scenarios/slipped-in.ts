/** What somebody might slip into the page, and a server far away that it would talk to: for tests of the content security policy. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright";

declare global {
  /** Each thing that the policy forbade: directive and address. */
  var forbidden: string[] | undefined;
  /** What ran though it was slipped in. */
  var ran: string[] | undefined;
}

/** Runs in a page or worker before its own scripts. */
export function watchPolicy(): void {
  const forbidden: string[] = (globalThis.forbidden = []);
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
    forbidden.push(`${effectiveDirective} ${blockedURI}`),
  );
}

/** Answers any page with what it asks for, as willingly as a server can, and remembers it. */
export interface FarServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: ReadonlySet<string>;
}

export async function farServer(): Promise<FarServer> {
  const asked = new Set<string>();
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? "/", "http://far").pathname.slice(1);
    asked.add(name);
    const type = name === "script" ? "text/javascript" : name === "sheet" ? "text/css" : "text/html";
    response.writeHead(200, {
      "Content-Type": type,
      "Access-Control-Allow-Origin": "*",
      "Cross-Origin-Resource-Policy": "cross-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    });
    response.end(name === "script" ? "ran.push('far script')" : "");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** What of it ran, was asked for, and shows. */
interface Through {
  readonly ran: readonly string[];
  readonly asked: readonly string[];
  readonly shown: readonly string[];
}

export const NOTHING: Through = { ran: [], asked: [], shown: [] };
/** All of it, where no policy stands in its way. */
export const EVERYTHING: Through = {
  ran: ["address", "blob script", "blob worker", "data script", "far script", "handler", "script", "text as code"],
  asked: ["beacon", "events", "fetch", "form", "frame", "image", "media", "object", "prefetch", "script", "sheet"],
  shown: ["base", "style attribute", "style element"],
};

/** Each of it by the directive that forbids it; sorted. A script and a `javascript:` address count alike. */
export function allForbidden(far: string): readonly string[] {
  const at = (directive: string, names: readonly string[]) => names.map((name) => `${directive} ${far}/${name}`);
  return [
    ...["script-src-elem inline", "script-src-elem inline", "script-src-attr inline", "script-src eval"],
    ...[
      "script-src-elem data",
      "script-src-elem blob",
      "worker-src blob",
      "style-src-elem inline",
      "style-src-attr inline",
    ],
    ...at("script-src-elem", ["script"]),
    ...at("style-src-elem", ["sheet"]),
    ...at("img-src", ["image"]),
    ...at("media-src", ["media"]),
    ...at("default-src", ["prefetch"]),
    ...at("connect-src", ["beacon", "events", "fetch"]),
    ...at("form-action", ["form?"]),
    ...at("base-uri", [""]),
    // Of frames and objects pages learn the origin alone.
    ...[`frame-src ${far}`, `object-src ${far}`],
  ].sort();
}

export async function forbiddenIn(page: Page): Promise<readonly string[] | undefined> {
  return (await page.evaluate(() => globalThis.forbidden))?.sort();
}

export async function gotThrough(page: Page, { url, asked }: FarServer): Promise<Through> {
  return {
    ran: (await page.evaluate(() => globalThis.ran ?? [])).sort(),
    // Under a bypassed policy the page's own addresses lead there too, once its base is there.
    asked: [...asked].filter((name) => EVERYTHING.asked.includes(name)).sort(),
    shown: (await page.evaluate(shownOfIt, url)).sort(),
  };
}

/** Runs in the page. */
export function slipIn(far: string): void {
  globalThis.ran = [];
  const add = (tag: string, attributes: Readonly<Record<string, string>>, text = "") => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    document.body.append(element);
    return element;
  };
  const blob = (code: string) => URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  add("script", {}, "ran.push('script')");
  add("button", { onclick: "ran.push('handler')" }).click();
  add("a", { href: "javascript:void ran.push('address')" }).click();
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- what is tried here
  setTimeout("ran.push('text as code')");
  add("script", { src: "data:text/javascript,ran.push('data script')" });
  add("script", { src: blob("ran.push('blob script')") });
  new Worker(blob("postMessage(0)")).onmessage = () => globalThis.ran?.push("blob worker");
  add("script", { src: `${far}/script` });
  add("link", { rel: "stylesheet", href: `${far}/sheet` });
  add("link", { rel: "prefetch", href: `${far}/prefetch` });
  add("img", { src: `${far}/image` });
  add("iframe", { src: `${far}/frame` });
  add("object", { data: `${far}/object` });
  add("video", { src: `${far}/media` });
  fetch(`${far}/fetch`).catch(() => undefined);
  navigator.sendBeacon(`${far}/beacon`);
  new EventSource(`${far}/events`).onerror = ({ target }) => (target as EventSource).close();
  add("style", {}, "body { --style-element: 1 }");
  add("p", { id: "slipped-in", style: "--style-attribute: 1" });
  (add("form", { action: `${far}/form`, target: "_blank" }) as HTMLFormElement).submit();
  add("base", { href: `${far}/` });
}

/** Runs in the page. */
function shownOfIt(far: string): string[] {
  const has = (element: Element, property: string) => getComputedStyle(element).getPropertyValue(property) !== "";
  return [
    ...(has(document.body, "--style-element") ? ["style element"] : []),
    ...(has(document.querySelector("#slipped-in")!, "--style-attribute") ? ["style attribute"] : []),
    ...(document.baseURI.startsWith(far) ? ["base"] : []),
  ];
}
