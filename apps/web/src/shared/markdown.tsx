/** A model's Markdown as HTML that can neither run nor load anything. */
import { useMemo } from "preact/hooks";
import { CodeBlock } from "./code-block.tsx";
import { blocksOf, safeHtml, type Block as MarkdownBlock } from "./safe-html.ts";

/** Block by block: while text streams in only the last one changes, so that nothing flickers and what is selected stays so. */
export function Markdown({ text }: { readonly text: string }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return (
    <div class="markdown" onClick={openElsewhere}>
      {blocks.map((block, i) =>
        block.type === "code" ? (
          <CodeBlock key={i} code={String(block["text"])} language={String(block["lang"] ?? "")} />
        ) : (
          <Block key={i} block={block} />
        ),
      )}
    </div>
  );
}

function Block({ block }: { readonly block: MarkdownBlock }) {
  const html = useMemo(() => safeHtml(block), [block.raw]);
  return <div class="block" dangerouslySetInnerHTML={{ __html: html }} />;
}

/** A link of an answer must not replace the page, and with it the ring. */
function openElsewhere(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null) return;
  event.preventDefault();
  if (link.href !== "") open(link.href, "_blank", "noopener,noreferrer");
}
