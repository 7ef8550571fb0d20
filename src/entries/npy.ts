/** `affine-wasm/npy`: arrays of NumPy, `.npy` and `.npz`. Needs the packages npyjs and fflate beside this one. */
export {
  type NpyArray,
  type NpyData,
  type NpyDType,
  type NpySource,
  readNpy,
  readNpz,
  writeNpy,
  writeNpz,
} from "../formats/npy/npy.js";
