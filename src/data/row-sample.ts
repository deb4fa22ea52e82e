/** A seeded sample of rows that pass by once: as many as wanted, each set of them as likely as any other, in their order. */
import { Mt19937 } from './random';

/** Algorithm S of Knuth, The Art of Computer Programming, volume 2, section 3.4.2. */
export class RowSample {
  readonly #random: Mt19937;
  #rowsLeft: number;
  #wanted: number;

  /** Of `rows` rows in all; all of them where no more are there than `wanted`. */
  constructor(rows: number, wanted: number, seed: number) {
    this.#random = new Mt19937(seed);
    this.#rowsLeft = rows;
    this.#wanted = wanted;
  }

  /** Whether the next row is in it. */
  takesNext(): boolean {
    const draw = this.#random.random32() / 2 ** 32;
    const takes = draw * this.#rowsLeft < this.#wanted;
    this.#rowsLeft -= 1;
    if (takes) this.#wanted -= 1;
    return takes;
  }
}
