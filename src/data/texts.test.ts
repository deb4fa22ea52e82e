import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TextIds } from './text-ids';
import { PackedTexts, TextPacker } from './texts';

function pack(texts: readonly string[]) {
  const pieces: Uint8Array[] = [];
  const packer = new TextPacker(texts.length, (bytes) => pieces.push(bytes.slice()));
  for (const text of texts) packer.add(text);
  packer.flush();
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  const reads: number[] = [];
  const source = {
    read: (begin: number, end: number) => {
      reads.push(end - begin);
      return whole.slice(begin, end);
    },
  };
  const rows = Uint32Array.from(texts, (_, row) => row);
  return { texts: new PackedTexts({ name: 'd', source, ends: packer.ends }, rows), reads, whole };
}

const all = ({ texts }: ReturnType<typeof pack>) =>
  Array.from({ length: texts.length }, (_, i) => texts.at(i));

it('gives any text back as it was, one that begins with a byte order mark too', () => {
  expect(all(pack(['\ufeffa', '', '\0', 'é😀', '\r\n']))).toEqual(['\ufeffa', '', '\0', 'é😀', '\r\n']);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
      expect(all(pack(texts))).toEqual(texts);
    }),
  );
});

it('encodes as TextEncoder does, halves of surrogate pairs too', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.nat(0xffff)), (texts, units) => {
      const all = [...texts, String.fromCharCode(...units), '\ud800', 'a\udc00b', '\ud800\ud800\udc00'];
      const expected = all.map((text) => [...new TextEncoder().encode(text)]);
      expect([...pack(all).whole]).toEqual(expected.flat());
    }),
  );
});

it('packs and reads texts longer than its piece, in any order', () => {
  const texts = ['a', 'é'.repeat(2 ** 20), 'b', 'x'.repeat(3 * 2 ** 20), 'c'];
  const packed = pack(texts);
  expect(all(packed)).toEqual(texts);
  for (const row of [4, 0, 3, 1, 2]) expect(packed.texts.at(row)).toBe(texts[row]);
});

it('reads a piece at a time, and rows in their order from the piece that is there', () => {
  const packed = pack(Array.from({ length: 40_000 }, (_, i) => `text number ${i} of a few`.padEnd(64)));
  expect(packed.whole.length).toBe(40_000 * 64);
  all(packed);
  expect(packed.reads).toEqual([2 ** 20, 2 ** 20, 40_000 * 64 - 2 ** 21]);
});

it('names the data set whose bytes are no text any more', () => {
  const source = { read: () => new Uint8Array([0xff, 0xfe]) };
  const texts = new PackedTexts(
    { name: 'reviews.csv', source, ends: new Uint32Array([2]) },
    new Uint32Array([0]),
  );
  expect(() => texts.at(0)).toThrow(
    expect.objectContaining({ code: 'dataset-damaged', message: expect.stringContaining('reviews.csv') }),
  );
});

it('finds the first row of each text', async () => {
  const texts = Array.from({ length: 5000 }, (_, i) => `t${(i * i) % 777}`);
  const ids = new TextIds(texts.length);
  for (const text of texts) ids.add(new TextEncoder().encode(text));
  expect([...(await ids.firstRows())]).toEqual(texts.map((text) => texts.indexOf(text)));
});
