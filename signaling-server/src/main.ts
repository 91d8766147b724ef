/** The server's command line; `npm start` prepares what it serves. */
import { parseArgs } from "node:util";
import { createServer, type RunningServer } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8080" },
    host: { type: "string", default: "localhost" },
    page: { type: "string", default: "dist" },
    /** A folder or a file; may be given several times. */
    models: { type: "string", multiple: true, default: [] },
    origin: { type: "string", multiple: true, default: [] },
  },
});

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: `Port ${values.port} is taken: stop what uses it, or choose another with --port.`,
  EACCES: `Port ${values.port} may not be used without more rights: choose one above 1023 with --port.`,
  ENOTFOUND: `There is no network interface ${values.host}: choose another with --host, such as localhost or 0.0.0.0.`,
  EADDRNOTAVAIL: `This machine has no address ${values.host}: choose another with --host, such as localhost or 0.0.0.0.`,
};

try {
  const server = await createServer({
    port: Number(values.port),
    host: values.host,
    page: values.page,
    models: values.models,
    origins: values.origin,
  });
  console.log(
    `\n  Jupiter is at ${server.url}\n  Open it in a browser; the page shows the link for other devices. Stop with Ctrl+C.\n`,
  );
  closeOnSignals(server);
} catch (error) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  console.error(REASONS[code] ?? `The server could not start: ${String(error)}`);
  process.exitCode = 1;
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
