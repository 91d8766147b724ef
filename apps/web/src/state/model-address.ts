/** What a person typed as a model's address, as one that can be tried; or why not. */
export type ModelAddress =
  { readonly kind: "address"; readonly url: string } | { readonly kind: "refused"; readonly message: string };

/** The page's own origin may be plain http; other addresses must be https, as the page's content security policy has it. */
export function parseAddress(text: string, pageOrigin: string): ModelAddress {
  const trimmed = text.trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : null;
  if (url === null)
    return { kind: "refused", message: "That is no address. It begins with https:// and ends with .gguf, mostly." };
  if (url.protocol !== "https:" && url.origin !== pageOrigin) {
    const message = "Only https addresses can be used, as this page may connect to no others.";
    return { kind: "refused", message };
  }
  if (url.href.length > 2048) return { kind: "refused", message: "The address is longer than 2,048 characters." };
  // What people copy from the hub is the page about the file.
  if (url.hostname === "huggingface.co")
    url.pathname = url.pathname.replace(/^(\/[^/]+\/[^/]+)\/blob\//, "$1/resolve/");
  return { kind: "address", url: url.href };
}

/** The file's name in an address, for a title. */
export function fileNameOf(url: string): string {
  const { pathname, hostname } = new URL(url);
  const last = pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last) || hostname;
  } catch {
    return last;
  }
}
