/** How many columns the arrays have that networks returned: the losses by hand are told of rows alone. */
const columnsOf = new WeakMap<object, number>();

export function rememberColumns(outputs: object, columns: number): void {
  if (columnsOf.get(outputs) !== columns) columnsOf.set(outputs, columns);
}

/** Undefined for an array that no network returned. */
export function rememberedColumns(outputs: object): number | undefined {
  return columnsOf.get(outputs);
}
