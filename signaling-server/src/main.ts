/** The server's command line; `npm start` prepares what it serves. */
import { parseArgs } from "node:util";
import { renderUnicodeCompact } from "uqr";
import { parseOrigin, parseTurn } from "../address-options.mjs";
import { dataFolder, secureOptions } from "./secure-options.ts";
import { createServer, ListenError, type RunningServer } from "./server.ts";

const { values } = flags();

try {
  const secure = values["no-https"]
    ? {}
    : {
        secure: await secureOptions({
          port: Number(values["https-port"]),
          folder: dataFolder(),
          certFile: values["tls-cert"],
          keyFile: values["tls-key"],
        }),
      };
  const server = await createServer({
    port: Number(values.port),
    host: values.host,
    ...secure,
    page: values.page,
    models: values.models,
    origins: values.origin.map((origin) => parseOrigin(origin)),
    turn: parseTurn({ urls: values["turn-url"], secret: values["turn-secret"] }),
  });
  console.log(welcome(server, values["tls-cert"] === undefined));
  closeOnSignals(server);
} catch (error) {
  console.error(
    error instanceof ListenError
      ? listenProblem(error)
      : `The server could not start: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exitCode = 1;
}

function flags() {
  try {
    return parseArgs({
      options: {
        port: { type: "string", default: "8080" },
        host: { type: "string", default: "localhost" },
        "https-port": { type: "string", default: "8443" },
        "no-https": { type: "boolean", default: false },
        "tls-cert": { type: "string" },
        "tls-key": { type: "string" },
        page: { type: "string", default: "dist" },
        /** A folder or a file; may be given several times. */
        models: { type: "string", multiple: true, default: [] },
        origin: { type: "string", multiple: true, default: [] },
        "turn-url": { type: "string", multiple: true },
        "turn-secret": { type: "string" },
      },
    });
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\nThe options are those of npm start: npm start -- --help.`,
    );
    process.exit(2);
  }
}

function welcome({ url, secureUrls }: RunningServer, isOwnAuthority: boolean): string {
  const [first, ...others] = secureUrls;
  const here = `\n  On this device:    ${url}\n`;
  if (first === undefined) {
    const why = values["no-https"]
      ? "need https, which is off"
      : isOwnAuthority
        ? "cannot reach it: this machine has no address of a home or office network (10.*, 172.16.* to 172.31.*, 192.168.*).\n  With an address of another kind it needs a certificate for that: --tls-cert and --tls-key"
        : "cannot reach it: the certificate names no host but this device";
    return `${here}  Other devices ${why}.\n\n  Stop with Ctrl+C.\n`;
  }
  const code = renderUnicodeCompact(first, { border: 2 }).replace(/^/gm, "  ");
  const more = others.map((other) => `                     ${other}\n`).join("");
  const warning = isOwnAuthority
    ? `  Browsers warn once, as nobody signs certificates for home networks: go on ("Advanced"), or see ${first}trust\n`
    : "";
  return `${here}  On other devices:  ${first}\n${more}${warning}\n${code}\n\n  Stop with Ctrl+C.\n`;
}

function listenProblem({ code, port, isSecure, message }: ListenError): string {
  const flag = isSecure ? "--https-port" : "--port";
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} is taken: stop what uses it, or choose another with ${flag}.`;
    case "EACCES":
      return `Port ${port} may not be used without more rights: choose one above 1023 with ${flag}.`;
    case "ENOTFOUND":
    case "EADDRNOTAVAIL":
      return `This machine has no address ${values.host}: choose another with --host, such as localhost or 0.0.0.0.`;
    default:
      return `Port ${port} could not be opened: ${message}.`;
  }
}

function closeOnSignals(server: RunningServer): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // Once: a second signal ends the process as usual.
    process.once(signal, () => {
      console.log("Stopping; tabs are told.");
      server.close().catch((error: unknown) => {
        console.error(`The server could not stop cleanly: ${String(error)}`);
        process.exitCode = 1;
      });
    });
  }
}
