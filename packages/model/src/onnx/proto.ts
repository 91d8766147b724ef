/**
 * The part of onnx.proto that stage graphs need, written with protobufjs's `Writer` (its reflection would generate code at run time,
 * which a content security policy forbids). Field numbers are those of onnx.proto3, IR version 10.
 */
import { Writer } from "protobufjs/minimal.js";

const DataType = { float: 1, uint8: 2, int32: 6, int64: 7, float16: 10 } as const;
export type DataTypeName = keyof typeof DataType;

export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };

export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  /** An empty name leaves an optional input or output out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A number is a fixed dimension, a string a symbolic one. */
export interface OnnxValue {
  readonly name: string;
  readonly type: DataTypeName;
  readonly dims: readonly (number | string)[];
}

/** Weights live outside the graph's bytes, one external "file" per tensor, so that no copy of them passes through protobuf. */
export interface OnnxInitializer {
  readonly name: string;
  readonly type: DataTypeName;
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: readonly OnnxInitializer[];
}

const WIRE_VARINT = 0;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;
/** Below this an initializer travels inside the graph: shapes and scalars, which the optimiser may want to read. */
const INLINE_BYTES = 1024;

/** Bytes of a ModelProto, and the external files that its initializers name. `inlineBytes`: Infinity for a model in one file (below 2 GB). */
export function encodeModel(
  graph: OnnxGraph,
  inlineBytes = INLINE_BYTES,
): { model: Uint8Array; files: { path: string; data: Uint8Array }[] } {
  const files: { path: string; data: Uint8Array }[] = [];
  const w = Writer.create();
  int(w, 1, 10); // ir_version
  text(w, 2, "jupiter");
  message(w, 7, () => {
    for (const node of graph.nodes) message(w, 1, () => writeNode(w, node));
    text(w, 2, graph.name);
    for (const tensor of graph.initializers) {
      const inline = tensor.data.byteLength <= inlineBytes;
      if (!inline) files.push({ path: tensor.name, data: tensor.data });
      message(w, 5, () => writeInitializer(w, tensor, inline));
    }
    for (const value of graph.inputs) message(w, 11, () => writeValue(w, value));
    for (const value of graph.outputs) message(w, 12, () => writeValue(w, value));
  });
  for (const [domain, version] of [
    ["", 18],
    ["com.microsoft", 1],
  ] as const) {
    message(w, 8, () => {
      text(w, 1, domain);
      int(w, 2, version);
    });
  }
  return { model: w.finish(), files };
}

function writeNode(w: Writer, node: OnnxNode): void {
  for (const name of node.inputs) text(w, 1, name);
  for (const name of node.outputs) text(w, 2, name);
  text(w, 3, `${node.op}:${node.outputs[0] ?? ""}`);
  text(w, 4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) {
    message(w, 5, () => {
      text(w, 1, name);
      if ("float" in value) w.uint32(tag(2, WIRE_FIXED32)).float(value.float);
      else if ("int" in value) int(w, 3, value.int);
      else if ("string" in value) text(w, 4, value.string);
      else for (const i of value.ints) int(w, 8, i);
      const kind = Object.keys(value)[0] as keyof typeof ATTRIBUTE_TYPE;
      int(w, 20, ATTRIBUTE_TYPE[kind]);
    });
  }
  if (node.domain !== "") text(w, 7, node.domain);
}

function writeInitializer(w: Writer, tensor: OnnxInitializer, inline: boolean): void {
  for (const dim of tensor.dims) int(w, 1, dim);
  int(w, 2, DataType[tensor.type]);
  text(w, 8, tensor.name);
  if (inline) {
    w.uint32(tag(9, WIRE_BYTES)).bytes(tensor.data);
    return;
  }
  for (const [key, value] of [
    ["location", tensor.name],
    ["offset", "0"],
    ["length", String(tensor.data.byteLength)],
  ] as const) {
    message(w, 13, () => {
      text(w, 1, key);
      text(w, 2, value);
    });
  }
  int(w, 14, 1); // data_location: EXTERNAL
}

function writeValue(w: Writer, value: OnnxValue): void {
  text(w, 1, value.name);
  message(w, 2, () =>
    message(w, 1, () => {
      int(w, 1, DataType[value.type]);
      message(w, 2, () => {
        for (const dim of value.dims) {
          message(w, 1, () => (typeof dim === "number" ? int(w, 1, dim) : text(w, 2, dim)));
        }
      });
    }),
  );
}

function tag(field: number, wire: number): number {
  return (field << 3) | wire;
}

function int(w: Writer, field: number, value: number): void {
  w.uint32(tag(field, WIRE_VARINT)).int64(value);
}

function text(w: Writer, field: number, value: string): void {
  w.uint32(tag(field, WIRE_BYTES)).string(value);
}

function message(w: Writer, field: number, body: () => void): void {
  w.uint32(tag(field, WIRE_BYTES)).fork();
  body();
  w.ldelim();
}
