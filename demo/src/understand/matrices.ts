/** The eight matrices as tables: numbers to edit, and numbers that follow. */
import { byId, create, setShort } from "../dom.ts";
import { type Name, type Operands, type Results, SHAPE } from "./example.ts";
import { relatedTo } from "./related.ts";

const { batch, inFeatures, outFeatures } = SHAPE;

/** In the order of the page: every gradient stands below what it is the gradient of. */
const LAYOUT: readonly { name: Name; symbol: string; rows: number; columns: number }[] = [
  { name: "x", symbol: "X", rows: batch, columns: inFeatures },
  { name: "weight", symbol: "W", rows: inFeatures, columns: outFeatures },
  { name: "bias", symbol: "b", rows: 1, columns: outFeatures },
  { name: "y", symbol: "Y", rows: batch, columns: outFeatures },
  { name: "dx", symbol: "dX", rows: batch, columns: inFeatures },
  { name: "dWeight", symbol: "dW", rows: inFeatures, columns: outFeatures },
  { name: "dBias", symbol: "db", rows: 1, columns: outFeatures },
  { name: "dy", symbol: "dY", rows: batch, columns: outFeatures },
];

/** The largest number that a cell takes: what follows from such ones still fits. */
const MOST = 1e6;

export class Matrices {
  /** The fields whose text is no such number. */
  readonly #wrong = new Set<HTMLInputElement>();
  readonly #why = byId("matrices-why", HTMLElement);
  /** The cells of every matrix, row after row. */
  readonly #cells = new Map<Name, HTMLTableCellElement[]>();

  /** Builds the tables in `host`. `onEdit` is called after an operand was changed in place. */
  constructor(host: HTMLElement, operands: Operands, onEdit: () => void) {
    for (const { name, symbol, rows, columns } of LAYOUT) {
      const cells: HTMLTableCellElement[] = [];
      const table = create("table", { class: `matrix ${name}`, id: `matrix-${name}` });
      table.createCaption().append(create("var", {}, symbol), create("span", {}, ` ${rows} × ${columns}`));
      const values = name in operands ? operands[name as keyof Operands] : null;
      for (let row = 0; row < rows; row++) {
        const line = table.insertRow();
        for (let column = 0; column < columns; column++) {
          const cell = line.insertCell();
          const label = `${symbol} row ${row + 1} column ${column + 1}`;
          if (values) cell.append(this.#input(label, values, cells.length, onEdit));
          for (const on of ["pointerenter", "focusin"])
            cell.addEventListener(on, () => this.#relate(name, row, column));
          for (const on of ["pointerleave", "focusout"]) cell.addEventListener(on, () => this.#relateNothing());
          cells.push(cell);
        }
      }
      this.#cells.set(name, cells);
      host.append(table);
    }
  }

  show(results: Results): void {
    for (const name of ["y", "dx", "dWeight", "dBias"] as const)
      for (const [i, cell] of this.#of(name).entries()) cell.textContent = setShort(results[name][i] as number);
  }

  /**
   * A field for `values[at]`. What is no such number is marked and said why; as long as there is one, the page shows no
   * results: they would be those of other numbers than it shows.
   */
  #input(label: string, values: Float64Array, at: number, onEdit: () => void): HTMLInputElement {
    const value = String(values[at]);
    const field = create("input", { type: "number", step: "any", "aria-label": label, value });
    field.setAttribute("aria-describedby", this.#why.id);
    field.addEventListener("input", () => {
      const wrong = !Number.isFinite(field.valueAsNumber) || Math.abs(field.valueAsNumber) > MOST;
      field.setAttribute("aria-invalid", String(wrong));
      if (wrong) this.#wrong.add(field);
      else {
        this.#wrong.delete(field);
        values[at] = field.valueAsNumber;
      }
      const [first] = this.#wrong;
      const most = MOST.toLocaleString("en");
      this.#why.textContent = first
        ? `${first.getAttribute("aria-label")} must be a number from −${most} to ${most}; nothing is computed until it is.`
        : "";
      if (first) this.#blank();
      else onEdit();
    });
    return field;
  }

  #blank(): void {
    for (const name of ["y", "dx", "dWeight", "dBias"] as const)
      for (const cell of this.#of(name)) cell.textContent = "–";
  }

  #relate(name: Name, row: number, column: number): void {
    this.#relateNothing();
    for (const part of relatedTo(name, row, column)) {
      const columns = LAYOUT.find((each) => each.name === part.of)?.columns ?? 1;
      for (const [i, cell] of this.#of(part.of).entries()) {
        const inRow = part.row === undefined || part.row === Math.floor(i / columns);
        const inColumn = part.column === undefined || part.column === i % columns;
        cell.classList.toggle("related", inRow && inColumn);
      }
    }
  }

  #relateNothing(): void {
    for (const cell of [...this.#cells.values()].flat()) cell.classList.remove("related");
  }

  #of(name: Name): HTMLTableCellElement[] {
    return this.#cells.get(name) ?? [];
  }
}
