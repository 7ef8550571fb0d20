/** A sheet to draw on: with mouse, finger or pen, or with the keyboard. */
import { colourOf } from "../chart.ts";

/** The sheet's own pixels, whatever its size on the page. */
const SIZE = 280;
const PEN = 22;
/** How far an arrow key moves the pen. */
const STEP = 14;

export interface Point {
  readonly x: number;
  readonly y: number;
}

const ARROWS: Record<string, Point> = {
  ArrowLeft: { x: -STEP, y: 0 },
  ArrowRight: { x: STEP, y: 0 },
  ArrowUp: { x: 0, y: -STEP },
  ArrowDown: { x: 0, y: STEP },
};

export class Pad {
  readonly #canvas: HTMLCanvasElement;
  readonly #onChange: (ended: boolean) => void;
  /** Every stroke so far, to be drawn again in other colours. */
  #strokes: Point[][] = [];
  #pointer: number | null = null;
  /** The pen of the keyboard. */
  #pen: Point = { x: SIZE / 2, y: SIZE / 4 };
  #penDown = false;

  /** @param onChange called when something was drawn; `ended`: with the last of a stroke */
  constructor(canvas: HTMLCanvasElement, onChange: (ended: boolean) => void) {
    this.#canvas = canvas;
    this.#onChange = onChange;
    [canvas.width, canvas.height] = [SIZE, SIZE];
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const on of ["pointerup", "pointercancel"] as const)
      canvas.addEventListener(on, (event) => this.#up(event.pointerId));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    for (const on of ["focus", "blur"]) canvas.addEventListener(on, () => this.draw());
  }

  clear(): void {
    this.#strokes = [];
    this.#penDown = false;
    this.draw();
    this.#onChange(true);
  }

  get strokes(): readonly (readonly Point[])[] {
    return this.#strokes;
  }

  /** Draws what was drawn before. */
  restore(strokes: readonly (readonly Point[])[]): void {
    this.#strokes = strokes.map((points) => [...points]);
    this.#changed(true);
  }

  /** How much ink is where: 280 × 280 values from 0 to 255. */
  ink(): { values: Uint8Array; size: number } {
    const sheet = new OffscreenCanvas(SIZE, SIZE);
    const context = sheet.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("this browser has no canvas off the page");
    this.#paint(context, "#000");
    const { data } = context.getImageData(0, 0, SIZE, SIZE);
    return { values: Uint8Array.from({ length: SIZE * SIZE }, (_, i) => data[4 * i + 3] as number), size: SIZE };
  }

  draw(): void {
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, SIZE, SIZE);
    this.#paint(context, colourOf("--ink"));
    if (!this.#canvas.matches(":focus-visible")) return;
    context.beginPath();
    context.arc(this.#pen.x, this.#pen.y, PEN / 2, 0, 2 * Math.PI);
    context.strokeStyle = colourOf(this.#penDown ? "--warm" : "--accent");
    context.lineWidth = 3;
    context.stroke();
  }

  #paint(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, colour: string): void {
    context.strokeStyle = colour;
    context.lineWidth = PEN;
    context.lineCap = "round";
    context.lineJoin = "round";
    for (const points of this.#strokes) {
      context.beginPath();
      for (const { x, y } of points) context.lineTo(x, y);
      // A single point is a dot.
      if (points.length === 1 && points[0]) context.lineTo(points[0].x + 0.01, points[0].y);
      context.stroke();
    }
  }

  #down(event: PointerEvent): void {
    if (this.#pointer !== null || event.button !== 0) return;
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#strokes.push([this.#at(event)]);
    this.#changed(false);
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    // A fast hand makes more points than the page has frames.
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.#strokes.at(-1)?.push(this.#at(each));
    this.#changed(false);
  }

  #up(pointer: number): void {
    if (pointer !== this.#pointer) return;
    this.#pointer = null;
    this.#changed(true);
  }

  #key(event: KeyboardEvent): void {
    const by = ARROWS[event.key];
    const lifted = event.key === " " && this.#penDown;
    if (by) {
      const within = (value: number) => Math.min(SIZE - PEN, Math.max(PEN, value));
      this.#pen = { x: within(this.#pen.x + by.x), y: within(this.#pen.y + by.y) };
      if (this.#penDown) this.#strokes.at(-1)?.push(this.#pen);
    } else if (event.key === " ") {
      this.#penDown = !this.#penDown;
      if (this.#penDown) this.#strokes.push([this.#pen]);
    } else return;
    event.preventDefault();
    this.#changed(lifted);
  }

  #changed(ended: boolean): void {
    this.draw();
    this.#onChange(ended);
  }

  #at({ clientX, clientY }: { clientX: number; clientY: number }): Point {
    const box = this.#canvas.getBoundingClientRect();
    return { x: ((clientX - box.left) * SIZE) / box.width, y: ((clientY - box.top) * SIZE) / box.height };
  }
}
