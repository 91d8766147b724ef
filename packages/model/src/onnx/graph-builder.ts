import type { AttributeValue, DataTypeName, OnnxGraph, OnnxInitializer, OnnxNode, OnnxValue } from "./proto.ts";

const MICROSOFT = "com.microsoft";

/** Collects nodes in execution order; every op returns the name of its (first) output. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #initializers: OnnxInitializer[] = [];
  #count = 0;

  input(name: string, type: DataTypeName, dims: readonly (number | string)[]): string {
    this.#inputs.push({ name, type, dims });
    return name;
  }

  output(name: string, type: DataTypeName, dims: readonly (number | string)[]): void {
    this.#outputs.push({ name, type, dims });
  }

  initializer(name: string, type: DataTypeName, dims: readonly number[], data: ArrayBufferView): string {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#initializers.push({ name, type, dims, data: bytes });
    return name;
  }

  /** One node with one or more outputs; names are made up unless `outputs` gives them. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputs: readonly string[] = [`${op}_${this.#count++}`],
  ): string {
    this.#nodes.push({ op, domain: "", inputs, outputs, attributes });
    return outputs[0] ?? "";
  }

  /** The same in onnxruntime's own operator domain. */
  contrib(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputs: readonly string[] = [`${op}_${this.#count++}`],
  ): string {
    this.#nodes.push({ op, domain: MICROSOFT, inputs, outputs, attributes });
    return outputs[0] ?? "";
  }

  build(name: string): OnnxGraph {
    return {
      name,
      nodes: this.#nodes,
      inputs: this.#inputs,
      outputs: this.#outputs,
      initializers: this.#initializers,
    };
  }
}
