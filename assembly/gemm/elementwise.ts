/** Loops over single elements: the mask of the activation and the update of the weights. */
import { madd, reluMask, splat } from "../lanes/vector";

/** out[i] = y[i] <= 0 ? 0 : dy[i]: the gradient before the rectifier, from its output y. `out` may be `dy`. */
export function maskGradient<T extends number, V>(length: i32, y: usize, dy: usize, out: usize): void {
  assert(length >= 0);
  const end = out + <usize>length * sizeof<T>();
  for (; out + sizeof<V>() <= end; out += sizeof<V>()) {
    store<V>(out, reluMask<T, V>(load<V>(y), load<V>(dy)));
    y += sizeof<V>();
    dy += sizeof<V>();
  }
  for (; out < end; out += sizeof<T>()) {
    store<T>(out, reluMask<T, T>(load<T>(y), load<T>(dy)));
    y += sizeof<T>();
    dy += sizeof<T>();
  }
}

/** y[i] += alpha·x[i], BLAS's axpy: with alpha = -rate a step of gradient descent. */
export function axpy<T extends number, V>(length: i32, alpha: T, x: usize, y: usize): void {
  assert(length >= 0);
  const end = y + <usize>length * sizeof<T>();
  const factor = splat<T, V>(alpha);
  for (; y + sizeof<V>() <= end; y += sizeof<V>()) {
    store<V>(y, madd<T, V>(factor, load<V>(x), load<V>(y)));
    x += sizeof<V>();
  }
  for (; y < end; y += sizeof<T>()) {
    store<T>(y, madd<T, T>(alpha, load<T>(x), load<T>(y)));
    x += sizeof<T>();
  }
}
