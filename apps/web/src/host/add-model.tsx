/** A GGUF file of this device, by button or by dropping it on the page, or an address of one. */
import { useEffect, useRef } from "preact/hooks";
import { Notice } from "../shared/notice.tsx";
import { texts } from "../texts/index.ts";
import type { ModelStore } from "./model-store.ts";

export function AddModel({ models }: { readonly models: ModelStore }) {
  useEffect(() => takeDrops((file) => void models.addFile(file)), [models]);
  const adding = models.adding.value;
  // Wherever the file was dropped, and however far from here the page is scrolled to.
  const outcome = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (adding.kind !== "none") outcome.current?.scrollIntoView({ block: "center" });
  }, [adding]);
  return (
    <>
      <label class="field">
        {texts.models.file}
        <input
          type="file"
          accept=".gguf"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file !== undefined) void models.addFile(file);
            event.currentTarget.value = ""; // the same file may be chosen again
          }}
        />
      </label>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const address = new FormData(event.currentTarget).get("address");
          if (typeof address === "string") void models.addAddress(address);
        }}
      >
        <label class="field">
          {texts.models.address}
          <input type="url" name="address" required placeholder={texts.models.addressExample} autocomplete="off" />
        </label>
        <button type="submit">{texts.models.useAddress}</button>
      </form>
      <div ref={outcome}>
        {adding.kind === "reading" && <p role="status">{texts.models.reading(adding.name)}</p>}
        {adding.kind === "refused" && (
          <Notice tone="bad" title={texts.models.refused(adding.name)} text={adding.message} />
        )}
      </div>
    </>
  );
}

/** Dropped anywhere: beside a field made for it the browser would leave the page and show the file. */
function takeDrops(take: (file: File) => void): () => void {
  const isFile = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;
  const over = (event: DragEvent) => isFile(event) && event.preventDefault();
  const drop = (event: DragEvent) => {
    if (!isFile(event)) return;
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    if (file === undefined) return;
    // What becomes of the file is said on the page, which a dialog over the whole window would hide.
    document.querySelector<HTMLDialogElement>("dialog:modal")?.close();
    take(file);
  };
  document.addEventListener("dragover", over);
  document.addEventListener("drop", drop);
  return () => {
    document.removeEventListener("dragover", over);
    document.removeEventListener("drop", drop);
  };
}
