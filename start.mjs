// `npm start`: from a fresh clone to a served page. Plain JavaScript, as nothing is installed yet when it starts.
import "./scripts/node-version.mjs";

const HELP = `npm start [-- OPTIONS]

Installs what is missing, builds the page, fetches the model and serves both.

  --port N         8080; 0: any free port
  --host NAME      localhost: where plain http is served; 0.0.0.0: to the network too
  --https-port N   8443; for the other devices: browsers compute only over https or on localhost
  --no-https       only this machine
  --tls-cert FILE, --tls-key FILE   a certificate of your own instead of the one that is made here
  --models FOLDER  where more .gguf files are (besides models/ and the cache)
  --model ID|FILE  which model is fetched before the start: an id of the catalogue, or a .gguf file
  --origin URL     a page served elsewhere that may use this server's rooms; may be given several times
  --turn-url URL, --turn-secret TEXT   a TURN server for networks that keep devices apart; may also be given as
                   JUPITER_TURN_URL and JUPITER_TURN_SECRET (docs/turn.md)
  --help           this text
`;

try {
  await start();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function start() {
  // After the check of Node's version: older ones would fail on the modules themselves.
  const { spawn } = await import("node:child_process");
  const { existsSync, statSync } = await import("node:fs");
  const { resolve } = await import("node:path");
  const { ensureInstalled } = await import("./scripts/install.mjs");
  const { ensureBuilt } = await import("./scripts/build.mjs");
  const { parseOrigin, parseTurn } = await import("./signaling-server/address-options.mjs");
  const { cacheFolder, catalogue, fetchModel } = await import("./scripts/models.mjs");

  const options = await parse();
  if (options.help) {
    console.log(
      HELP +
        `\nModels: ${catalogue.map(({ id, sizeBytes }) => `${id} (${Math.round(sizeBytes / 1e6)} MB)`).join(", ")}\n`,
    );
    return;
  }
  // npm runs this in the project's folder, wherever the user stands.
  const pathOf = (path) => resolve(process.env.INIT_CWD ?? ".", path);
  for (const name of ["port", "https-port"]) {
    if (!/^\d{1,5}$/.test(options[name]) || Number(options[name]) > 65535)
      throw new Error(`--${name} takes a number from 0 to 65535, not "${options[name]}".`);
  }
  for (const name of ["tls-cert", "tls-key"]) {
    if (options[name] !== undefined && !existsSync(pathOf(options[name])))
      throw new Error(`--${name}: there is no file ${options[name]}.`);
  }
  if (
    options.models !== undefined &&
    !(existsSync(pathOf(options.models)) && statSync(pathOf(options.models)).isDirectory())
  ) {
    throw new Error(`--models: there is no folder ${options.models}.`);
  }
  const origins = (options.origin ?? []).map((origin) => parseOrigin(origin));
  const turn = parseTurn({ urls: options["turn-url"], secret: options["turn-secret"] });
  const isFile = options.model.endsWith(".gguf");
  if (isFile && !existsSync(pathOf(options.model))) throw new Error(`--model: there is no file ${options.model}.`);
  if (!isFile && !catalogue.some(({ id }) => id === options.model)) {
    throw new Error(
      `--model: "${options.model}" is neither a .gguf file nor one of ${catalogue.map(({ id }) => id).join(", ")}.`,
    );
  }
  ensureInstalled();
  ensureBuilt();
  const model = isFile ? pathOf(options.model) : await fetchModel(options.model);
  const places = [model, ...(options.models === undefined ? [] : [pathOf(options.models)]), "models", cacheFolder()];
  const server = spawn(
    process.execPath,
    [
      ...["--import", "tsx", "signaling-server/src/main.ts", "--port", options.port, "--host", options.host],
      ...places.flatMap((place) => ["--models", place]),
      ...["--https-port", options["https-port"], ...(options["no-https"] ? ["--no-https"] : [])],
      ...["tls-cert", "tls-key"].flatMap((name) => (options[name] ? [`--${name}`, pathOf(options[name])] : [])),
      ...origins.flatMap((origin) => ["--origin", origin]),
      ...(turn?.urls ?? []).flatMap((url) => ["--turn-url", url]),
    ],
    {
      cwd: import.meta.dirname,
      stdio: "inherit",
      // Not as an argument: every user of this machine could read it there.
      env: { ...process.env, ...(turn === null ? {} : { JUPITER_TURN_SECRET: turn.secret }) },
    },
  );
  // The terminal sends Ctrl+C to both; what another process sends to this one is passed on.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => server.kill("SIGTERM"));
  server.on("exit", (code, signal) => (process.exitCode = code ?? (signal === null ? 0 : 1)));
}

async function parse() {
  const { parseArgs } = await import("node:util");
  try {
    return parseArgs({
      options: {
        port: { type: "string", default: "8080" },
        host: { type: "string", default: "localhost" },
        "https-port": { type: "string", default: "8443" },
        "no-https": { type: "boolean", default: false },
        "tls-cert": { type: "string" },
        "tls-key": { type: "string" },
        models: { type: "string" },
        model: { type: "string", default: "smollm2-135m-instruct" },
        origin: { type: "string", multiple: true },
        "turn-url": { type: "string", multiple: true },
        "turn-secret": { type: "string" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new Error(`${error.message.split("\n")[0].replace(/\.?$/, ".")} See npm start -- --help.`, { cause: error });
  }
}
