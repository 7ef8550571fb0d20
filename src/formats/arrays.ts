/** Typed arrays by the names of their classes, over any kind of buffer. */
interface TypedArrays {
  Float32Array: Float32Array;
  Float64Array: Float64Array;
  Int8Array: Int8Array;
  Int16Array: Int16Array;
  Int32Array: Int32Array;
  BigInt64Array: BigInt64Array;
  Uint8Array: Uint8Array;
  Uint16Array: Uint16Array;
  Uint32Array: Uint32Array;
  BigUint64Array: BigUint64Array;
}

/** The arrays of a class. `InstanceType` means those over an ArrayBuffer alone, which a layer's views need not be. */
export type ArrayOfClass<C extends new () => { readonly [Symbol.toStringTag]: keyof TypedArrays }> =
  TypedArrays[InstanceType<C>[typeof Symbol.toStringTag]];
