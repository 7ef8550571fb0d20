/**
 * Integers as types, so that a generic function can be compiled once for each tile height and width: AssemblyScript has
 * no value parameters, but `offsetof<C>()` is a compile-time constant, and a class of n bytes has n.
 */
export class Count0 {}
export class Count1 extends Count0 {
  a: u8;
}
export class Count2 extends Count1 {
  b: u8;
}
export class Count3 extends Count2 {
  c: u8;
}
export class Count4 extends Count3 {
  d: u8;
}
export class Count5 extends Count4 {
  e: u8;
}
export class Count6 extends Count5 {
  f: u8;
}
export class Count7 extends Count6 {
  g: u8;
}
export class Count8 extends Count7 {
  h: u8;
}

/** The integer that `N` stands for, as a compile-time constant. */
export function count<N>(): i32 {
  return <i32>offsetof<N>();
}
