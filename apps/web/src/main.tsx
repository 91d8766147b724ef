/** Which page this address asks for: a link with a room in it is a donor's, anything else a host's. Each is a chunk of its own. */
import { render } from "preact";
import { followLinks } from "./browser/other-link.ts";
import { roomServerHere } from "./browser/room-server-here.ts";
import "./styles/base.css";
import "./styles/chat.css";
import "./styles/donor.css";
import "./styles/ring.css";
import "./styles/room.css";
import { Opening } from "./host/opening.tsx";
import { Standstill } from "./shared/standstill.tsx";
import { texts } from "./texts/index.ts";

const root = document.querySelector("#app");
if (root === null) throw new TypeError("the page has no #app");
const query = new URLSearchParams(location.search);
const problem = addressProblem();
const isDonor = location.hash.length > 1;

if (!isSecureContext) {
  const { title, next } = texts.insecure;
  render(<Standstill title={title} text={next} />, root);
} else if (problem !== null) {
  render(<Standstill title={texts.badAddress} text={problem} />, root);
} else if (isDonor) {
  const harness = query.has("harness") ? (await import("./tab-harness.ts")).tabHarness : null;
  const { DonorPage } = await import("./donor/donor-page.tsx");
  render(<DonorPage link={location.href} joinsByItself={query.has("auto")} harness={harness} />, root);
} else if (query.has("harness")) {
  globalThis.jupiterHarness = (await import("./harness.ts")).harness;
} else {
  render(<Opening />, root);
  await painted();
  const { HostPage } = await import("./host/host-page.tsx");
  render(<HostPage />, root);
}

followLinks();

/** What was rendered is on the screen, before more is fetched; a page in the background paints nothing. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, 100);
  });
}

function addressProblem(): string | null {
  try {
    roomServerHere();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
