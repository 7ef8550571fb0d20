/** Groups the exports of a binary by the type of their elements. */
import type { DType } from "../common/dtype.js";

/** The exports of kernels that come in two: of `gemm`, `gemmF32` and `gemmF64`. */
export type Exported<Typed> = { readonly [Name in keyof Typed & string as `${Name}${"F32" | "F64"}`]: Typed[Name] };

/** The kernels for each element type. */
export type ByType<Typed> = Readonly<Record<DType, Typed>>;

/** The kernels for each element type, under the names that they have without F32 and F64. */
export function kernelsByType<Typed>(exports: Exported<Typed>): ByType<Typed> {
  return { float32: endingIn("F32", exports), float64: endingIn("F64", exports) };
}

function endingIn<Typed>(suffix: string, exports: object): Typed {
  const kernels = Object.entries(exports).filter(
    ([name, value]) => name.endsWith(suffix) && typeof value === "function",
  );
  return Object.fromEntries(kernels.map(([name, kernel]) => [name.slice(0, -suffix.length), kernel])) as Typed;
}
