/**
 * Weights as integers of eight bits, each column by its own scale: W[p][j] ≈ scale[j]·ŵ[p][j], ŵ in -127 … 127. They lie in
 * panels of as many columns as a tile has, each with all that its columns need, the last filled up with zeros:
 *
 *     panel   │ Σ_p ŵ, int32 │ scale, float32 │ b, float32 │ step 0 of each column │ step 1 of each column │ …
 *               TILE_COLUMNS   TILE_COLUMNS     TILE_COLUMNS
 */
import { columnsOf, loadWeight, storeWeight } from "../lanes/integer";
import { stepsOf } from "./inputs";

/** Columns of a tile: two vectors. */
export function tileColumns<V>(): i32 {
  return 2 * columnsOf<V>();
}

/** Where in a panel its parts are. */
export function scalesAt<V>(): usize {
  return <usize>tileColumns<V>() * 4;
}
export function biasesAt<V>(): usize {
  return <usize>tileColumns<V>() * 8;
}
export function stepsAt<V>(): usize {
  return <usize>tileColumns<V>() * 12;
}

/** Bytes of a step of a panel. */
export function stepBytesOf<V>(): usize {
  return 2 * sizeof<V>();
}

export function panelBytes<V>(k: i32): usize {
  return stepsAt<V>() + <usize>stepsOf(k) * stepBytesOf<V>();
}

export function panelsOf<V>(n: i32): i32 {
  return (n + tileColumns<V>() - 1) / tileColumns<V>();
}

/**
 * @param values ŵ, k x n, int8, row-major
 * @param scales n float32
 * @param bias n float32, or 0 for zeros
 */
export function packWeights<V>(n: i32, k: i32, values: usize, scales: usize, bias: usize, panels: usize): void {
  const columns = tileColumns<V>();
  for (let from = 0; from < n; from += columns) {
    memory.fill(panels, 0, panelBytes<V>(k));
    const used = min(columns, n - from);
    for (let c = 0; c < used; c++) {
      const j = <usize>(from + c);
      store<f32>(panels + scalesAt<V>() + <usize>c * 4, load<f32>(scales + j * 4));
      if (bias !== 0) store<f32>(panels + biasesAt<V>() + <usize>c * 4, load<f32>(bias + j * 4));
    }
    for (let p = 0; p < k; p++) {
      const row = values + <usize>p * <usize>n + <usize>from;
      for (let c = 0; c < used; c++) {
        const value = <i32>load<i8>(row + <usize>c);
        const sum = panels + <usize>c * 4;
        store<i32>(sum, load<i32>(sum) + value);
        storeWeight(panels + stepsAt<V>(), stepBytesOf<V>(), p, c, value);
      }
    }
    panels += panelBytes<V>(k);
  }
}

/** What was packed, again. */
export function unpackWeights<V>(n: i32, k: i32, panels: usize, values: usize, scales: usize, bias: usize): void {
  const columns = tileColumns<V>();
  for (let j = 0; j < n; j++) {
    const panel = panels + <usize>(j / columns) * panelBytes<V>(k);
    const c = j % columns;
    store<f32>(scales + <usize>j * 4, load<f32>(panel + scalesAt<V>() + <usize>c * 4));
    store<f32>(bias + <usize>j * 4, load<f32>(panel + biasesAt<V>() + <usize>c * 4));
    for (let p = 0; p < k; p++) {
      const value = loadWeight(panel + stepsAt<V>(), stepBytesOf<V>(), p, c);
      store<i8>(values + <usize>p * <usize>n + <usize>j, <i8>value);
    }
  }
}
