/**
 * Markdown to HTML in two fences: what is not Markdown's own becomes text before any parser of HTML sees it, so that not even a sanitizer's inert
 * document holds a handler, a style or an address to load (browsers report those against the page's policy); DOMPurify then lets only known tags by.
 */
import DOMPurify from "dompurify";
import { Marked, type Token } from "marked";

export type Block = Token;

const TAGS = [
  ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"],
  ...["strong", "em", "del", "a", "table", "thead", "tbody", "tr", "th", "td"],
];
const BARE_TAG = new RegExp(`&lt;(/?(?:${TAGS.join("|")})) ?/?&gt;`, "gi");
const HARMLESS = { ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ["href", "start", "align"], ALLOWED_URI_REGEXP: /^https?:/ };

const marked = new Marked({
  async: false,
  gfm: true,
  breaks: true,
  renderer: {
    /** Models write `<br>` in tables and the like; with attributes, or of any other name, they mean the text. */
    html: ({ text }) => escaped(text).replace(BARE_TAG, "<$1>"),
    /** A picture would tell its server who reads: its words, and the address for who wants to go there. */
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text)}</a>`,
  },
});

export function blocksOf(markdown: string): readonly Block[] {
  return marked.lexer(markdown).filter(({ type }) => type !== "space");
}

export function safeHtml(block: Block): string {
  return DOMPurify.sanitize(marked.parser([block]), HARMLESS);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}
