/** X.509 name constraints (RFC 5280, 4.2.1.10) for an authority that may speak for local names and private addresses only. */
const SEQUENCE = 0x30;
const PERMITTED = 0xa0;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

const DOMAINS = ["localhost", "local", "lan", "home.arpa", "internal"];
/** Address and mask: RFC 1918, loopback, link-local, shared address space (RFC 6598); unique local, link-local and loopback of IPv6. */
const RANGES: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[10, 0, 0, 0], mask(8, 4)],
  [[172, 16, 0, 0], mask(12, 4)],
  [[192, 168, 0, 0], mask(16, 4)],
  [[127, 0, 0, 0], mask(8, 4)],
  [[169, 254, 0, 0], mask(16, 4)],
  [[100, 64, 0, 0], mask(10, 4)],
  [ipv6(0xfc), mask(7, 16)],
  [ipv6(0xfe, 0x80), mask(10, 16)],
  [[...ipv6().slice(0, 15), 1], mask(128, 16)],
];

/** The extension's value, DER. */
export function nameConstraints(): Uint8Array<ArrayBuffer> {
  const subtrees = [
    ...DOMAINS.map((domain) => der(DNS_NAME, [...new TextEncoder().encode(domain)])),
    ...RANGES.map(([address, bits]) => der(IP_ADDRESS, [...address, ...bits])),
  ].map((name) => der(SEQUENCE, name));
  return Uint8Array.from(der(SEQUENCE, der(PERMITTED, subtrees.flat())));
}

function der(tag: number, content: readonly number[]): number[] {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return [tag, ...size, ...content];
}

function ipv6(...start: number[]): number[] {
  return [...start, ...Array<number>(16 - start.length).fill(0)];
}

function mask(bits: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => 0xff & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))));
}
