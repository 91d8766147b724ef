// Addresses that an operator names on the command line. Plain JavaScript: `npm start` checks them before anything is installed.

/** The origin of an option's value. Throws with one sentence. */
export function parseOrigin(text, option = "--origin") {
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw new Error(`${option} takes an address such as https://example.org, not "${text}".`);
  // Browsers tell the server no more than this of the page.
  return url.origin;
}

const TURN_URL = /^turns?:(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?(\?transport=(udp|tcp))?$/i;
const MAX_TURN_URLS = 8;

/**
 * What `--turn-url` and `--turn-secret` name, or else the environment: JUPITER_TURN_URL (several with spaces between them) and
 * JUPITER_TURN_SECRET. Null: no TURN. Throws with one sentence.
 */
export function parseTurn(
  { urls, secret },
  { JUPITER_TURN_URL: urlsThere = "", JUPITER_TURN_SECRET: secretThere } = process.env,
) {
  const wanted = urls?.length > 0 ? urls : urlsThere.split(/\s+/).filter((url) => url !== "");
  const key = secret ?? secretThere ?? "";
  for (const url of wanted) {
    if (!TURN_URL.test(url))
      throw new Error(
        `--turn-url takes turn:HOST:PORT or turns:HOST:PORT, with ?transport=tcp if need be, not "${url}".`,
      );
  }
  if (wanted.length > MAX_TURN_URLS) throw new Error(`--turn-url may be given ${MAX_TURN_URLS} times at most.`);
  if (wanted.length > 0 && key === "")
    throw new Error("--turn-url needs --turn-secret too: what coturn's static-auth-secret is.");
  if (wanted.length === 0 && key !== "")
    throw new Error("--turn-secret needs --turn-url too: where the TURN server is, such as turn:192.168.1.2:3478.");
  return wanted.length === 0 ? null : { urls: wanted, secret: key };
}
