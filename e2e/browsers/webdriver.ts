/** As much of W3C WebDriver as a walk through the page needs, over fetch. */
import { setTimeout as after } from "node:timers/promises";

/** The name under which WebDriver's answers carry an element's reference. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const LOOK_EVERY_MS = 200;
const PATIENCE_MS = 120_000;

interface Session {
  readonly sessionId: string;
}

export class WebDriverTab {
  readonly #session: string;

  private constructor(session: string) {
    this.#session = session;
  }

  /** Rejects with the driver's own words. `driver`: its address. */
  static async open(driver: string, capabilities: Readonly<Record<string, unknown>>): Promise<WebDriverTab> {
    const timeouts = { script: PATIENCE_MS, pageLoad: PATIENCE_MS };
    const body = { capabilities: { alwaysMatch: { timeouts, ...capabilities } } };
    const { sessionId } = (await request("POST", `${driver}/session`, body)) as Session;
    return new WebDriverTab(`${driver}/session/${sessionId}`);
  }

  async goto(url: string): Promise<void> {
    await this.#ask("/url", { url });
  }

  /** `look` runs in the page, with plain values in and out. */
  async evaluate<In extends readonly unknown[], Out>(look: (...args: In) => Out, ...args: In): Promise<Awaited<Out>> {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve((${String(look)})(...Array.from(arguments).slice(0, -1)))
        .then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const answer = (await this.#ask("/execute/async", { script, args })) as { value: Awaited<Out>; error?: string };
    if (answer.error !== undefined) throw new Error(`in the page: ${answer.error}`);
    return answer.value;
  }

  /** Until `look` says something other than false, null or "". Rejects with what the page shows. */
  async until<In extends readonly unknown[], Out>(look: (...args: In) => Out, ...args: In): Promise<Awaited<Out>> {
    const lateMs = performance.now() + PATIENCE_MS;
    while (performance.now() < lateMs) {
      const seen = await this.evaluate(look, ...args);
      if (seen !== false && seen !== null && seen !== "") return seen;
      await after(LOOK_EVERY_MS);
    }
    throw new Error(`waited for ${String(look)} with ${JSON.stringify(args)}; the page shows:\n${await this.text()}`);
  }

  async text(): Promise<string> {
    return this.evaluate(() => document.body.innerText);
  }

  async waitForText(text: string): Promise<void> {
    await this.until((wanted) => document.body.innerText.includes(wanted), text);
  }

  /** As a person's pointer does: refused by the driver where something else is over it. */
  async click(css: string, text = ""): Promise<void> {
    await this.#ask(`/element/${await this.#find(css, text)}/click`, {});
  }

  async type(css: string, text: string): Promise<void> {
    await this.#ask(`/element/${await this.#find(css)}/value`, { text });
  }

  async close(): Promise<void> {
    await request("DELETE", this.#session);
  }

  /** The first that can be used, with this text or all. */
  async #find(css: string, text = ""): Promise<string> {
    await this.until(
      (selector, wanted) =>
        [...document.querySelectorAll<HTMLButtonElement>(selector)].some(
          (element) => element.innerText.trim().startsWith(wanted) && !element.disabled,
        ),
      css,
      text,
    );
    const elements = (await this.#ask("/elements", { using: "css selector", value: css })) as Record<string, string>[];
    for (const { [ELEMENT]: id } of elements) {
      if (text === "" || String(await request("GET", `${this.#session}/element/${id}/text`)).startsWith(text))
        return id ?? "";
    }
    throw new Error(`${css} with "${text}" went while it was looked for; the page shows:\n${await this.text()}`);
  }

  #ask(path: string, body: unknown): Promise<unknown> {
    return request("POST", this.#session + path, body);
  }
}

async function request(method: string, url: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: unknown };
  if (response.ok) return value;
  const { error, message } = value as { error: string; message: string };
  throw new Error(`WebDriver ${method} ${new URL(url).pathname}: ${error}: ${message}`);
}
