/**
 * A pole on a cart that is pushed left or right: Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve
 * difficult learning control problems", 1983, with the constants of Gymnasium's CartPole-v1.
 */
const GRAVITY = 9.8;
const CART = 1;
const POLE = 0.1;
const HALF_LENGTH = 0.5;
const FORCE = 10;
const TICK = 0.02;
const MOST_STEPS = 500;

export class CartPole {
  /** Place and speed of the cart, angle and angular speed of the pole. */
  readonly state = new Float32Array(4);
  #steps = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
    this.#reset();
  }

  /** Pushes to the left (0) or the right (1). Returns how long the episode was if it has ended, after which another begins; 0 if not. */
  step(action: number): number {
    const [x, speed, angle, turn] = this.state as unknown as [number, number, number, number];
    const force = action === 1 ? FORCE : -FORCE;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const push = (force + POLE * HALF_LENGTH * turn * turn * sin) / (CART + POLE);
    const angular = (GRAVITY * sin - cos * push) / (HALF_LENGTH * (4 / 3 - (POLE * cos * cos) / (CART + POLE)));
    const linear = push - (POLE * HALF_LENGTH * angular * cos) / (CART + POLE);
    this.state.set([x + TICK * speed, speed + TICK * linear, angle + TICK * turn, turn + TICK * angular]);
    this.#steps++;
    const fallen = Math.abs(this.state[0] as number) > 2.4 || Math.abs(this.state[2] as number) > (12 * Math.PI) / 180;
    if (!fallen && this.#steps < MOST_STEPS) return 0;
    const length = this.#steps;
    this.#reset();
    return length;
  }

  #reset(): void {
    this.#steps = 0;
    for (let i = 0; i < 4; i++) this.state[i] = 0.1 * this.#random() - 0.05;
  }
}
