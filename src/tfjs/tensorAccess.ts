/**
 * Where a backend's tensors meet the kernels. The `wasm` backend's tensors lie in a WebAssembly memory: the kernels run
 * over that memory itself, and nothing is copied; where it is shared, as with the threads of a threaded backend, threads of
 * our own may compute in it, too. Tensors of the `cpu` backend are copied to a memory of our own and back.
 */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { kernelsOver } from "../engine/overMemory.js";
import { threadsInUse } from "../engine/parallel.js";
import { type Kernels, NONE, type Pointer } from "../kernels/abi.js";
import { isMemory } from "../kernels/webassembly.js";
import { multiply, type Product, sizeOf } from "./product.js";

/** The `wasm` backend of TensorFlow.js, as far as it is used. Its allocator returns 0 when memory runs out. */
export interface WasmBackend {
  wasm: {
    asm?: { memory?: unknown };
    wasmMemory?: unknown;
    _malloc(bytes: number): number;
    _free(at: number): void;
  };
  dataIdMap: { get(dataId: object): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: string): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
  disposeData(dataId: object): boolean;
}

/** The `cpu` backend, likewise. */
export interface CpuBackend {
  data: { get(dataId: object): { values: ArrayLike<number> } };
  makeTensorInfo(shape: number[], dtype: string, values: Float32Array): TensorInfo;
  disposeData(dataId: object): boolean;
}

export type TfjsBackend = WasmBackend | CpuBackend;

/** Computes products of one backend's tensors. */
export interface TensorAccess {
  /**
   * The product, or undefined if there is no memory of our own for it.
   * @throws RangeError if there is none of the backend's
   */
  multiply(
    product: Product,
    a: TensorInfo,
    b: TensorInfo,
    bias: TensorInfo | undefined,
    rectify: boolean,
  ): TensorInfo | undefined;
  /** Returns what it holds of the backend's memory. */
  release(): void;
}

/** @throws Error if the kernels cannot be started, RangeError if there is no memory for their scratch space */
export function accessFor(backend: TfjsBackend): TensorAccess {
  if (!("wasm" in backend)) {
    return copying(
      ({ dataId }) => backend.data.get(dataId).values,
      (shape, values) => backend.makeTensorInfo(shape, "float32", values.slice()),
    );
  }
  const memory = backend.wasm.asm?.memory ?? backend.wasm.wasmMemory;
  if (!isMemory(memory)) throw new Error("its memory is nowhere to be found");
  return inPlace(backend, memory);
}

/**
 * A tensor for the product. The backend does not look whether its allocator had room: a tensor at 0 would be written over
 * what the module itself keeps there, by the original kernels as well, so this is an error.
 */
function makeOutput(backend: WasmBackend, shape: number[]): TensorInfo {
  const c = backend.makeOutput(shape, "float32");
  if (backend.dataIdMap.get(c.dataId).memoryOffset === 0 && sizeOf(shape) > 0) {
    backend.disposeData(c.dataId);
    throw new RangeError(`affine-wasm/tfjs: out of memory for a product of shape [${shape}]`);
  }
  return c;
}

function inPlace(backend: WasmBackend, memory: WebAssembly.Memory): TensorAccess {
  /** Of the product at hand. */
  let output: Pointer = NONE;
  const kernels = kernelsOver("affine-wasm/tfjs", memory, { withhold: () => withhold(backend, [block, output]) });
  // The allocator aligns to 8 bytes, the kernels want 16.
  const block = backend.wasm._malloc(kernels.scratchBytes.value + 8);
  if (block === 0) throw new RangeError("no memory for the kernels' scratch space");
  const scratch = (block + 15) & -16;
  const pointer = ({ dataId }: TensorInfo) => backend.dataIdMap.get(dataId).memoryOffset;
  return {
    multiply(product, a, b, bias, rectify) {
      const c = makeOutput(backend, product.shape);
      output = pointer(c);
      const at = { a: pointer(a), b: pointer(b), bias: bias ? pointer(bias) : NONE, c: output };
      multiply(kernels, scratch, product, at, rectify);
      return c;
    },
    release: () => backend.wasm._free(block),
  };
}

/**
 * Keeps blocks from the backend's allocator, should they be returned, until the result is called: a thread that is about to
 * end may still write there.
 */
function withhold({ wasm }: WasmBackend, blocks: readonly Pointer[]): () => void {
  const { _free } = wasm;
  const returned: Pointer[] = [];
  wasm._free = (at) => {
    if (blocks.includes(at)) returned.push(at);
    else _free(at);
  };
  return () => {
    wasm._free = _free;
    for (const at of returned) _free(at);
  };
}

const PAGE = 65536;

/** The memory grows to what the largest product needs. */
function copying(
  read: (tensor: TensorInfo) => ArrayLike<number>,
  write: (shape: number[], values: Float32Array) => TensorInfo,
): TensorAccess {
  let [memory, kernels] = begin();
  let left = false;
  const scratch = 16;
  return {
    multiply(product, a, b, bias, rectify) {
      if (left) [memory, kernels] = begin();
      left = false;
      let end: Pointer = scratch + kernels.scratchBytes.value;
      const reserve = (size: number) => {
        const at = end;
        end += size * Float32Array.BYTES_PER_ELEMENT;
        return at;
      };
      const inputs = [a, b, ...(bias ? [bias] : [])].map((tensor) => ({ tensor, at: reserve(sizeOf(tensor.shape)) }));
      const size = sizeOf(product.shape);
      const c = reserve(size);
      const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE);
      if (missing > 0 && !grow(memory, missing)) return undefined;
      for (const { tensor, at } of inputs) {
        new Float32Array(memory.buffer, at, sizeOf(tensor.shape)).set(read(tensor));
      }
      const [atA, atB, atBias] = inputs.map(({ at }) => at) as [Pointer, Pointer, Pointer?];
      multiply(kernels, scratch, product, { a: atA, b: atB, bias: atBias ?? NONE, c }, rectify);
      return write(product.shape, new Float32Array(memory.buffer, c, size));
    },
    release: () => {},
  };

  function begin(): [WebAssembly.Memory, Kernels] {
    const memory = new WebAssembly.Memory({ initial: 0, maximum: 65535, shared: threadsInUse !== null });
    // To a thread that may still write there, all of it is left.
    const withhold = () => {
      left = true;
      return () => {};
    };
    return [memory, kernelsOver("affine-wasm/tfjs", memory, { withhold })];
  }
}

function grow(memory: WebAssembly.Memory, pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch {
    return false;
  }
}
