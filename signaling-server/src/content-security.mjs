// The page's content security policy. Plain JavaScript: the build for static hosting writes the same into the page.

/** Nothing runs but the server's own scripts and WebAssembly. `connects`: what the page may talk to besides its own server. */
function policy(connects) {
  return [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `connect-src 'self'${connects.map((origin) => ` ${origin}`).join("")}`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
}

/**
 * Of this server's answer at `path`. The page, which shows what models write, talks to this server alone. Its worker has the policy that
 * comes with its own script: it may fetch weights from any hub by https.
 */
export function policyFor(path) {
  const ofWorkers = path.startsWith("/assets/");
  return [...policy(ofWorkers ? ["https:"] : []), "frame-ancestors 'none'"].join("; ");
}

/** Of a page that is served elsewhere, for its `<meta>` (where `frame-ancestors` counts for nothing): it talks to the rooms' server too. */
export function staticPolicy(signalOrigin) {
  return policy([signalOrigin, signalOrigin.replace(/^http/, "ws")]).join("; ");
}
