/**
 * What is used of TensorFlow.js, an optional peer that need not be installed to build the library. `npm run check:dev`
 * holds this against the real types.
 */
declare module "@tensorflow/tfjs-core" {
  /** A tensor as kernels see it: its values are the backend's, under `dataId`. */
  export interface TensorInfo {
    dataId: object;
    shape: number[];
    dtype: string;
  }

  export type KernelFunc = (params: {
    inputs: { [name: string]: TensorInfo | undefined };
    attrs?: { [name: string]: string | number | boolean };
    backend: object;
  }) => TensorInfo | TensorInfo[];

  export interface KernelConfig {
    kernelName: string;
    backendName: string;
    kernelFunc: KernelFunc;
    setupFunc?: (backend: object) => void;
    disposeFunc?: (backend: object) => void;
  }

  export function getKernel(kernelName: string, backendName: string): KernelConfig | undefined;
  export function registerKernel(config: KernelConfig): void;
  export function unregisterKernel(kernelName: string, backendName: string): void;
}
