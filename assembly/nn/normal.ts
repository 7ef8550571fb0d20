/**
 * The upper tail of the normal distribution, for GELU: Φ(-a) = erfc(a / √2) / 2, accurate in every digit out to where it
 * underflows.
 *
 * Source of the form: M. M. Shepherd and J. G. Laframboise, "Chebyshev approximation of (1+2x)·exp(x²)·erfc x in
 * 0 <= x < ∞", Math. Comp. 36 (1981): with t = (x - k) / (x + k), k = 3.75, the function is a polynomial in t over the
 * whole half-line. The coefficients here are those of its Chebyshev interpolant of degree 11 (f32, off by 2e-8 at most)
 * or 23 (f64, 6e-17), computed with 60 digits.
 */

import { minus, over, plus, times, upperHalf } from "../lanes/arithmetic";
import { madd, splat } from "../lanes/vector";
import { exponential } from "./exp";

/** exp(-a²/2) for 0 <= a: the part of a² that its rounding would lose is added in the exponent. */
export function gaussian<T extends number, V>(a: V): V {
  const high = upperHalf<T, V>(a);
  const half = splat<T, V>(<T>-0.5);
  const rest = times<T, V>(minus<T, V>(a, high), plus<T, V>(a, high));
  return exponential<T, V>(times<T, V>(times<T, V>(high, high), half), times<T, V>(rest, half));
}

/** Φ(-a) / exp(-a²/2) for finite a >= 0. */
export function tailRatio<T extends number, V>(a: V): V {
  const k = splat<T, V>(<T>5.303300858899107); // 3.75·√2
  const t = over<T, V>(minus<T, V>(a, k), plus<T, V>(a, k));
  let h: V;
  if (sizeof<T>() === 4) {
    h = splat<T, V>(<T>-0.000224116747);
    h = madd<T, V>(t, h, splat<T, V>(<T>0.000396307613));
    h = madd<T, V>(t, h, splat<T, V>(<T>0.00167591222));
    h = madd<T, V>(t, h, splat<T, V>(<T>-0.00984449486));
    h = madd<T, V>(t, h, splat<T, V>(<T>0.0284092524));
    h = madd<T, V>(t, h, splat<T, V>(<T>-0.0586468587));
    h = madd<T, V>(t, h, splat<T, V>(<T>0.0922907696));
    h = madd<T, V>(t, h, splat<T, V>(<T>-0.10881427));
    h = madd<T, V>(t, h, splat<T, V>(<T>0.08227842));
    h = madd<T, V>(t, h, splat<T, V>(<T>0.00358627039));
    h = madd<T, V>(t, h, splat<T, V>(<T>-0.140240658));
    h = madd<T, V>(t, h, splat<T, V>(<T>1.23751262));
  } else {
    h = splat<T, V>(<T>3.1114333809799254e-10);
    h = madd<T, V>(t, h, splat<T, V>(<T>-2.623107347133476e-9));
    h = madd<T, V>(t, h, splat<T, V>(<T>-3.744210080962018e-9));
    h = madd<T, V>(t, h, splat<T, V>(<T>3.197926671666804e-8));
    h = madd<T, V>(t, h, splat<T, V>(<T>2.3263508708859124e-8));
    h = madd<T, V>(t, h, splat<T, V>(<T>-2.4857126248016745e-7));
    h = madd<T, V>(t, h, splat<T, V>(<T>-5.7218230603224086e-8));
    h = madd<T, V>(t, h, splat<T, V>(<T>1.7419821586224816e-6));
    h = madd<T, V>(t, h, splat<T, V>(<T>-9.73559896736775e-7));
    h = madd<T, V>(t, h, splat<T, V>(<T>-1.1438048033346894e-5));
    h = madd<T, V>(t, h, splat<T, V>(<T>2.238423915508223e-5));
    h = madd<T, V>(t, h, splat<T, V>(<T>5.164652974177416e-5));
    h = madd<T, V>(t, h, splat<T, V>(<T>-0.0002901540805408417));
    h = madd<T, V>(t, h, splat<T, V>(<T>0.000293714378044958));
    h = madd<T, V>(t, h, splat<T, V>(<T>0.0017556258528952954));
    h = madd<T, V>(t, h, splat<T, V>(<T>-0.009746579683265262));
    h = madd<T, V>(t, h, splat<T, V>(<T>0.028362277418956406));
    h = madd<T, V>(t, h, splat<T, V>(<T>-0.05869339857664934));
    h = madd<T, V>(t, h, splat<T, V>(<T>0.09230432116037748));
    h = madd<T, V>(t, h, splat<T, V>(<T>-0.10880393014244462));
    h = madd<T, V>(t, h, splat<T, V>(<T>0.0822767384901452));
    h = madd<T, V>(t, h, splat<T, V>(<T>0.0035854154854790257));
    h = madd<T, V>(t, h, splat<T, V>(<T>-0.14024059858554697));
    h = madd<T, V>(t, h, splat<T, V>(<T>1.2375126308378275));
  }
  // (1 + 2x)·exp(x²)·erfc x, x = a / √2.
  const twice = madd<T, V>(a, splat<T, V>(<T>2.8284271247461903), splat<T, V>(<T>2));
  return over<T, V>(h, twice);
}
