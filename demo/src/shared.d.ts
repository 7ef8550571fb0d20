/** See `vite.config.ts`. */
declare module "*?shared" {
  const url: string;
  export default url;
}
