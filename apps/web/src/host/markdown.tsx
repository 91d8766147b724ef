/** A model's Markdown as HTML that can neither run nor load anything. */
import DOMPurify from "dompurify";
import { marked, type Token } from "marked";
import { useMemo } from "preact/hooks";
import { CodeBlock } from "./code-block.tsx";

const ALLOWED_TAGS = [
  ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"],
  ...["strong", "em", "del", "a", "table", "thead", "tbody", "tr", "th", "td"],
];
const ALLOWED_ATTR = ["href", "start", "align"];
const OPTIONS = { async: false, gfm: true, breaks: true } as const;

/** Block by block: while text streams in only the last one changes, so that nothing flickers and what is selected stays so. */
export function Markdown({ text }: { readonly text: string }) {
  const blocks = useMemo(() => marked.lexer(text, OPTIONS).filter(({ type }) => type !== "space"), [text]);
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

function Block({ block }: { readonly block: Token }) {
  const html = useMemo(
    () =>
      DOMPurify.sanitize(marked.parser([block], OPTIONS), {
        ALLOWED_TAGS,
        ALLOWED_ATTR,
        ALLOWED_URI_REGEXP: /^https?:/,
      }),
    [block.raw],
  );
  return <div class="block" dangerouslySetInnerHTML={{ __html: html }} />;
}

/** A link of an answer must not replace the page, and with it the ring. */
function openElsewhere(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null) return;
  event.preventDefault();
  open(link.href, "_blank", "noopener,noreferrer");
}
