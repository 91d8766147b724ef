/** The bytes of a safetensors file with float32 tensors. */
export function safetensors(
  tensors: Readonly<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>>,
): Uint8Array<ArrayBuffer> {
  let sizeBytes = 0;
  const header: Record<string, object> = { __metadata__: { made: "for a test" } };
  for (const [name, { dims, data }] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape: dims, data_offsets: [sizeBytes, (sizeBytes += data.byteLength)] };
  }
  return withHeader(
    JSON.stringify(header),
    sizeBytes,
    Object.values(tensors).map(({ data }) => data),
  );
}

/** Any header before any data. */
export function withHeader(
  header: string,
  sizeBytes: number,
  data: readonly Float32Array[] = [],
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const out = new Uint8Array(8 + text.length + sizeBytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  let at = 8 + text.length;
  for (const values of data) {
    out.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return out;
}
