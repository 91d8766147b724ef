// Lint with types, and the house's import rules: who may import whom, and one importer per library with an opinion.
import { readdirSync } from "node:fs";
import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

const packages = readdirSync("packages");

/** Libraries that only the folders naming them below may import. */
const opinionated = ["onnxruntime-web", "simple-peer", "socket.io-client", "socket.io", "@xenova/transformers"];

/** What each folder may import of the workspace and of those libraries; its tests may also import testkit and what `tests` names. */
const house = {
  "apps/web": { may: packages.filter((name) => name !== "testkit") },
  "packages/protocol": { may: [] },
  // Of it only the types of what a plan says.
  "packages/planner": { may: ["protocol"] },
  "packages/model": { may: ["@xenova/transformers"] },
  "packages/runtime": { may: ["model", "protocol", "onnxruntime-web"] },
  "packages/transport": { may: ["protocol", "simple-peer"] },
  // Its tests join rooms of the real server.
  "packages/room": { may: ["protocol", "socket.io-client"], tests: ["signaling-server", "socket.io"] },
  "packages/pipeline": { may: ["planner", "protocol"] },
  // Of transport only the arithmetic of shaped links.
  "packages/simulator": { may: ["pipeline", "planner", "protocol", "transport"] },
  // Contract suites and fakes know the seams that they stand in for.
  "packages/testkit": { may: [...packages, "socket.io", "socket.io-client"] },
  "signaling-server": { may: ["protocol", "socket.io"], tests: ["socket.io-client"] },
  // `load` speaks to the server without a room's keys.
  e2e: { may: [...packages, "signaling-server", "socket.io-client"] },
};

for (const name of packages) {
  if (!(`packages/${name}` in house)) throw new Error(`eslint.config.mjs: say what packages/${name} may import.`);
}

const tests = ["*.test.ts", "*.test.tsx"];

/** Refuses the imports whose specifier matches, in every form: import, export from, import(), and import() as a type. */
function refuse(pattern, message, which = "") {
  const forms = "ImportDeclaration, ExportNamedDeclaration, ExportAllDeclaration, ImportExpression, TSImportType";
  // A selector's pattern ends at its first slash.
  return { selector: `:matches(${forms})[source.value=/${pattern.replaceAll("/", "\\u002F")}/]${which}`, message };
}

/** Its code runs in people's browsers. */
function inBrowsers(folder) {
  return !["e2e", "signaling-server", "packages/testkit", "packages/simulator"].includes(folder);
}

function importRules(folder, { inTest = false, wires = false } = {}) {
  const { may, tests = [] } = house[folder];
  const allowed = [...may, ...(inTest ? ["testkit", ...tests] : [])];
  const own = folder.split("/").at(-1);
  const either = (names) => `(${names.join("|")})(/|$)`;
  const rules = [
    refuse(
      `^@jupiter/(?!${either([own, ...allowed])})`,
      `${folder} may import of the workspace: ${allowed.join(", ") || "nothing"}.`,
    ),
    refuse(
      `^${either(opinionated.filter((name) => !allowed.includes(name)))}`,
      "This library has one importer (see eslint.config.mjs): use what that package exports.",
    ),
  ];
  const leaves = "^(\\.\\./)+(.+/)?";
  if (folder === "e2e") {
    rules.push(
      refuse(`${leaves}apps/`, "Of the page, only types: it runs in its own tab.", ":not([importKind=type])"),
      refuse(`${leaves}(packages|signaling-server)/`, "Import the package by its name."),
    );
  } else if (inTest) {
    rules.push(refuse(`${leaves}(src|apps|packages|signaling-server)/`, "Import the package by its name."));
  } else {
    rules.push(
      refuse(`${leaves}(src|apps|packages|signaling-server|e2e|scripts)/`, "A package imports others by name alone."),
    );
  }
  if (!inTest && inBrowsers(folder)) {
    rules.push({
      selector: "VariableDeclaration[kind=/using$/]",
      message: "Safari has no Symbol.dispose, and no build brings it: use try and finally.",
    });
  }
  // Tests wire what they test.
  if (folder === "apps/web" && !wires && !inTest) {
    rules.push(
      refuse(
        "^@jupiter/(room|transport)(/|$)",
        "Types only: compose.ts alone wires adapters.",
        ":not([importKind=type])",
      ),
    );
  }
  return ["error", ...rules];
}

/** Declared by the folder's own package.json; tests may also use the root's tools. Npm's hoisting would let the rest through. */
function declaredImports(folder, inTest) {
  return [
    "error",
    { packageDir: inTest ? [folder, "."] : folder, includeTypes: true, includeInternal: true, devDependencies: inTest },
  ];
}

const perFolder = Object.keys(house).flatMap((folder) => {
  const rules = (inTest) => ({
    "no-restricted-syntax": importRules(folder, { inTest }),
    "import-x/no-extraneous-dependencies": declaredImports(folder, inTest || folder === "packages/testkit"),
  });
  return [
    { files: [`${folder}/**/*.ts`, `${folder}/**/*.tsx`], rules: rules(false) },
    {
      files: [...tests, "src/testing/*.ts", "scenarios/*.ts"].map((name) => `${folder}/**/${name}`),
      rules: rules(true),
    },
  ];
});

export default defineConfig(
  // The kernels are AssemblyScript, checked by its own compiler.
  globalIgnores(["dist/", "e2e/out/", "models/", "packages/runtime/kernels/"]),
  eslint.configs.recommended,
  {
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".tsx", ".js", ".mjs", ".d.ts"] })],
    },
    // Of the files in no folder of the house: the root's own.
    rules: { "import-x/no-extraneous-dependencies": declaredImports(".", true) },
  },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      // Numbers read the same everywhere.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => sideEffect()` and `return this.#fail(…)` are sentences.
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // noUncheckedIndexedAccess asks for `!` where a loop's bound or a length check has already answered.
      "@typescript-eslint/no-non-null-assertion": "off",
      // It calls a second look at `aborted` or `state.kind` after an `await` needless: narrowing does not know that others ran meanwhile.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // `async` without `await` is how a port's method turns a throw into a rejection.
      "@typescript-eslint/require-await": "off",
      // What was caught is passed on as it came.
      "@typescript-eslint/prefer-promise-reject-errors": ["error", { allowThrowingUnknown: true }],
      // `{ kind: _, ...rest }` leaves a field out.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
    },
  },
  ...perFolder,
  { files: ["apps/web/src/compose.ts"], rules: { "no-restricted-syntax": importRules("apps/web", { wires: true }) } },
  // Vitest's matchers (`expect.stringContaining`) are `any`.
  { files: tests.map((name) => `**/${name}`), rules: { "@typescript-eslint/no-unsafe-assignment": "off" } },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: { process: false, console: false, URL: false, Buffer: false, fetch: false } },
  },
);
