/** What `npm install` may bring onto a machine: docs/contributing.md. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface LockedPackage {
  readonly name?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
}

const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
const outside = Object.entries(packages).filter(([path, { link }]) => path.includes("node_modules/") && !link);

it("every package from outside is pinned by its bytes, and comes from the registry", () => {
  expect(outside.length).toBeGreaterThan(100);
  expect(outside.filter(([, { integrity }]) => !integrity?.startsWith("sha512-"))).toEqual([]);
  expect(outside.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

it("no package but these runs a program when it is installed", () => {
  // esbuild checks that its binary starts; protobufjs compares two version numbers.
  const running = outside.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
  expect(new Set(running.map((path) => path.split("node_modules/").at(-1)))).toEqual(
    new Set(["esbuild", "protobufjs"]),
  );
});

it("transformers.js gets no back end for Node: 290 MB of native code, and CUDA from elsewhere when it is installed", () => {
  expect(packages["node_modules/onnxruntime-node"]?.name).toBe("onnxruntime-common");
});
