/** Made by the bundler: see bundle.ts. */
declare module "affine-wasm:tests" {
  /** The test files, loaded when called. */
  export const files: Readonly<Record<string, () => Promise<unknown>>>;
}

declare module "affine-wasm:copies" {
  /** Independent copies of the library's entry. */
  export const copies: readonly (() => Promise<typeof import("affine-wasm")>)[];
}
