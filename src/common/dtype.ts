/** The element types and the typed arrays that hold them. */
export type DType = "float32" | "float64";

/** `Float32Array` for "float32", `Float64Array` for "float64". */
export type ArrayOf<D extends DType> = { float32: Float32Array; float64: Float64Array }[D];

export type FloatArray = Float32Array | Float64Array;

export const ARRAYS = { float32: Float32Array, float64: Float64Array } as const;

export const DTYPES = Object.keys(ARRAYS) as readonly DType[];

/** Bytes of one element. */
export function elementBytes(dtype: DType): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** The dtype of a float array. */
export function dtypeOf(array: FloatArray): DType {
  return array.BYTES_PER_ELEMENT === 4 ? "float32" : "float64";
}
