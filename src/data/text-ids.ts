/**
 * Which rows have the same text, in 8 bytes a row: texts are told apart by 64 bits of MurmurHash3. Of five million different texts the odds
 * that any two are taken for one are 7·10⁻⁷ (n² / 2⁶⁵); both would stand on the same side of a split then, and nothing else.
 */
import type { Turn } from './dataset';
import { murmur3 } from './murmur3';

const rowsPerTurn = 100_000;

export class TextIds {
  /** Two 32-bit halves a row. */
  readonly #hashes: Uint32Array;
  #rows = 0;

  constructor(rows: number) {
    this.#hashes = new Uint32Array(2 * rows);
  }

  /** Of the next row. */
  add(bytes: Uint8Array): void {
    murmur3(bytes, 0, this.#hashes, 2 * this.#rows);
    this.#rows += 1;
  }

  /** For each row the first one that has its text, u32 [rows]. */
  async firstRows(turn: Turn = () => {}): Promise<Uint32Array> {
    const [hashes, rows] = [this.#hashes, this.#rows];
    const first = new Uint32Array(rows);
    // Open addressing; an entry is a row + 1, so that 0 is free.
    const slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * Math.max(1, rows))));
    const mask = slots.length - 1;
    for (let row = 0; row < rows; row++) {
      if (row % rowsPerTurn === 0) await turn(row);
      const [high, low] = [hashes[2 * row]!, hashes[2 * row + 1]!];
      let slot = low & mask;
      let other = slots[slot]!;
      while (other !== 0 && (hashes[2 * other - 2] !== high || hashes[2 * other - 1] !== low)) {
        slot = (slot + 1) & mask;
        other = slots[slot]!;
      }
      if (other === 0) slots[slot] = row + 1;
      first[row] = other === 0 ? row : other - 1;
    }
    return first;
  }
}
