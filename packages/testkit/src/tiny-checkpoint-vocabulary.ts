/** A small byte-level vocabulary: every byte is a token, so that any text can be told; a few merges, so that merging is exercised. */

/** The printable stand-ins of bytes 0 to 255 in byte-level BPE: bytes without a glyph of their own take the characters from U+0100 on. */
export const BYTE_TOKENS: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCharCode(printable ? byte : next++);
  });
})();

/** In order of rank. "Ġ" stands for a space. */
export const MERGES: readonly string[] = [
  [
    "Ġ t",
    "h e",
    "i n",
    "r e",
    "o n",
    "Ġ a",
    "e r",
    "o u",
    "s t",
    "a n",
    "e n",
    "i s",
    "o r",
    "Ġt he",
    "Ġ s",
    "i t",
    "a l",
    "Ġ w",
  ],
  [
    "a r",
    "a t",
    "Ġ o",
    "l l",
    "Ġ c",
    "in g",
    "Ġ b",
    "e d",
    "Ġo f",
    "Ġ f",
    "Ġ in",
    "an d",
    "Ġ p",
    "e s",
    "l e",
    "Ġt o",
    "i c",
    "Ġ m",
  ],
  [
    "Ġ d",
    "a s",
    "Ġa nd",
    "Ġ h",
    "Ġ is",
    "i on",
    "n d",
    "en t",
    "Ġ re",
    "Ġy ou",
    "u r",
    "Ġ n",
    "Ġ l",
    "l y",
    "v e",
    "Ġ g",
  ],
].flat();

export const SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

export const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
