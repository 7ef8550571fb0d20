/** The classes of typed arrays, by their names. */
export const CLASSES = {
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
  BigUint64Array,
} as const;

/** The name of a typed array's class. */
export type TypedArrayName = keyof typeof CLASSES;

/** The typed array of a name. */
export type TypedArrayOf<N extends TypedArrayName> = InstanceType<(typeof CLASSES)[N]>;

export type TypedArray = TypedArrayOf<TypedArrayName>;
