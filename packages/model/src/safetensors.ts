/**
 * Reads a safetensors file: eight bytes of header length, a JSON header, the tensors' bytes. The bytes are hostile until they have passed every
 * check here.
 */
import { ModelError } from "./errors.ts";
import type { ByteSource } from "./gguf.ts";
import { half } from "./half-table.ts";

export type SafetensorsType = "F32" | "F16" | "BF16";

export interface SafetensorsEntry {
  readonly name: string;
  readonly type: SafetensorsType;
  /** Row-major `[out, in]`. */
  readonly dims: readonly number[];
  /** From the start of the file. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

const LENGTH_BYTES = 8;
/** Heads of the largest models stay well below each. */
const LIMIT = { headerBytes: 1 << 20, tensors: 1024, dims: 4, tensorBytes: 1 << 30 } as const;
const VALUE_BYTES: Readonly<Record<SafetensorsType, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Rejects `ModelError` 'unsupported', 'truncated' or 'limits'. */
export async function readSafetensors(source: ByteSource): Promise<readonly SafetensorsEntry[]> {
  const prefix = await exactly(source, 0, LENGTH_BYTES);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES).getBigUint64(0, true));
  if (length < 2 || length > LIMIT.headerBytes) {
    throw new ModelError(
      "unsupported",
      `The file claims a header of ${length} bytes; safetensors files have 2 to ${LIMIT.headerBytes}. Choose a .safetensors file.`,
    );
  }
  const header = parsed(await exactly(source, LENGTH_BYTES, length));
  const named = Object.entries(header).filter(([name]) => name !== "__metadata__");
  if (named.length > LIMIT.tensors)
    throw new ModelError("limits", `The file has ${named.length} tensors; at most ${LIMIT.tensors} are read.`);
  return named.map(([name, entry]) => entryOf(name, entry, LENGTH_BYTES + length));
}

/** As float32, whatever the file has. */
export async function readTensor(
  source: ByteSource,
  { type, dims, offsetBytes, sizeBytes }: SafetensorsEntry,
): Promise<Float32Array> {
  const bytes = await exactly(source, offsetBytes, sizeBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(dims.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++) {
    if (type === "F32") values[i] = view.getFloat32(4 * i, true);
    else if (type === "F16") values[i] = half(bytes, 2 * i);
    else values[i] = floatOfBits(view.getUint16(2 * i, true) << 16);
  }
  return values;
}

async function exactly(source: ByteSource, offsetBytes: number, sizeBytes: number): Promise<Uint8Array> {
  const bytes = await source.read(offsetBytes, sizeBytes);
  if (bytes.length === sizeBytes) return bytes;
  const text = `${sizeBytes} bytes are to stand at ${offsetBytes}, ${bytes.length} are there: the file is not whole. Fetch it again.`;
  throw new ModelError("truncated", text);
}

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof header === "object" && header !== null && !Array.isArray(header)) return { ...header };
  } catch {
    // Said below, as for every other header that is none.
  }
  throw new ModelError("unsupported", "The file's header is no JSON object; choose a .safetensors file.");
}

function entryOf(name: string, entry: unknown, dataStart: number): SafetensorsEntry {
  const refuse = (what: string) =>
    new ModelError("limits", `Tensor ${name.slice(0, 100)} ${what}; the file is damaged.`);
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  if (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16") {
    const text = `Tensor ${name.slice(0, 100)} has type ${String(dtype).slice(0, 20)}; supported are ${Object.keys(VALUE_BYTES).join(", ")}.`;
    throw new ModelError("unsupported", text);
  }
  const dims = numbers(shape);
  if (dims === null || dims.length === 0 || dims.length > LIMIT.dims) throw refuse("has no shape of 1 to 4 numbers");
  const [start, end] = numbers(offsets) ?? [];
  const sizeBytes = dims.reduce((a, b) => a * b, VALUE_BYTES[dtype]);
  if (sizeBytes === 0 || sizeBytes > LIMIT.tensorBytes) throw refuse(`has ${sizeBytes} bytes`);
  if (start === undefined || end === undefined || end - start !== sizeBytes)
    throw refuse(`of ${dims.join(" x ")} takes ${sizeBytes} bytes, not those from ${start} to ${end}`);
  return { name, type: dtype, dims, offsetBytes: dataStart + start, sizeBytes };
}

/** Whole numbers from 0 on that float64 holds; null: something else. */
function numbers(value: unknown): readonly number[] | null {
  const isCount = (item: unknown) => Number.isSafeInteger(item) && (item as number) >= 0;
  return Array.isArray(value) && value.every(isCount) ? (value as readonly number[]) : null;
}

const bits = new DataView(new ArrayBuffer(4));

function floatOfBits(value: number): number {
  bits.setUint32(0, value >>> 0);
  return bits.getFloat32(0);
}
