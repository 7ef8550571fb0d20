/** What a platform with WebAssembly modules in its module graph makes of an import of a `.wasm` file. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
