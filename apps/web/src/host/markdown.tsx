/** A model's Markdown as HTML that can neither run nor load anything. */
import DOMPurify from "dompurify";
import { marked } from "marked";
import { useMemo } from "preact/hooks";

const ALLOWED_TAGS = [
  ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"],
  ...["strong", "em", "del", "a", "table", "thead", "tbody", "tr", "th", "td"],
];
const ALLOWED_ATTR = ["href", "start", "align"];

export function Markdown({ text }: { readonly text: string }) {
  const html = useMemo(() => {
    const dirty = marked.parse(text, { async: false, gfm: true, breaks: true });
    return DOMPurify.sanitize(dirty, { ALLOWED_TAGS, ALLOWED_ATTR, ALLOWED_URI_REGEXP: /^https?:/ });
  }, [text]);
  return <div class="markdown" dangerouslySetInnerHTML={{ __html: html }} onClick={openElsewhere} />;
}

/** A link of an answer must not replace the page, and with it the ring. */
function openElsewhere(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null) return;
  event.preventDefault();
  open(link.href, "_blank", "noopener,noreferrer");
}
