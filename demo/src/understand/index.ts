/** "Understand": the layer's equations on numbers that can be edited. */
import "./understand.css";
import { Chart } from "../chart.ts";
import { byId, create, setScientific } from "../dom.ts";
import { type Check, compute, gradientChecks, startingOperands } from "./example.ts";
import { Matrices } from "./matrices.ts";
import { type Drift, driftOf } from "./sgd.ts";

const SYMBOLS = { x: "dX", weight: "dW", bias: "db" };
/** Learning rates 2⁻² … 2⁻¹⁶. */
const RATES = Array.from({ length: 15 }, (_, i) => 2 ** (i - 16));

export function startUnderstand(): void {
  const operands = startingOperands();
  const checks = byId("checks", HTMLElement);
  const slope = byId("slope", HTMLElement);
  const chart = new Chart(byId("drift", HTMLElement), {
    height: 280,
    logarithmic: true,
    lines: [
      { label: "the step itself", colour: "--soft", dash: [4, 4], width: 1.5 },
      { label: "batched against one by one", colour: "--accent" },
    ],
  });
  const update = () => {
    const results = compute(operands);
    matrices.show(results);
    checks.replaceChildren(...gradientChecks(operands, results).map(checkRow));
    const drifts = RATES.map((rate) => driftOf(operands, rate));
    // A logarithm has no place for zero: an example of zeros draws nothing.
    const shown = drifts.filter(({ moved, apart }) => moved > 0 && apart > 0);
    chart.show([shown.map((d) => d.rate), shown.map((d) => d.moved), shown.map((d) => d.apart)]);
    slope.textContent = describe(drifts);
  };
  const matrices = new Matrices(byId("matrices", HTMLElement), operands, update);
  update();
}

function checkRow({ of, count, error, passes }: Check): HTMLTableRowElement {
  const verdict = passes ? "agree" : "differ";
  return create(
    "tr",
    { class: verdict },
    create("th", { scope: "row" }, create("var", {}, SYMBOLS[of])),
    create("td", {}, String(count)),
    create("td", {}, setScientific(error)),
    create("td", {}, passes ? "✓ agree" : "✗ differ"),
  );
}

/** What halving the learning rate does, between two of the small ones. */
function describe(drifts: readonly Drift[]): string {
  const [half, whole] = [drifts[4], drifts[5]];
  if (!half || !whole || half.apart === 0) return "With these numbers the two ways take the same step.";
  const times = (key: "moved" | "apart") => (whole[key] / half[key]).toFixed(2);
  return `Here, halving η divides the step by ${times("moved")} and the difference by ${times("apart")}.`;
}
