// Stands between onnxruntime-web and its Emscripten module (named in ?module=), only to keep a reference to it: the runtime binds the KV
// cache in place through the module's exports, which the public API would copy on every run.
const original = new URL(import.meta.url).searchParams.get("module");

export default async function factory(config) {
  const { default: create } = await import(original);
  const module = await create(config);
  globalThis.jupiterOrtModule = module;
  return module;
}
