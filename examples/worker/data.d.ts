/** What a `Data` rule makes of a file. */
declare module "*.safetensors" {
  const bytes: ArrayBuffer;
  export default bytes;
}
