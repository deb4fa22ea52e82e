import { describe, expect, test } from 'vitest';
import { murmur3 } from './murmur3';

function hashed(bytes: Uint8Array, seed = 0): string {
  const out = new Uint32Array(2);
  murmur3(bytes, seed, out, 0);
  return [...out].map((half) => half.toString(16).padStart(8, '0')).join(' ');
}

describe('murmur3', () => {
  // The first eight bytes that `mmh3.hash_bytes(text, seed, x64arch=False)` of Python's mmh3 5.3.1 gives, as two words.
  test.each([
    ['', 0, '00000000 00000000'],
    ['', 7, '0d45d85e fb848988'],
    ['D', 1, '19ac8e98 6017b23e'],
    ['De', 2, '5f0a48d8 f6ccdb0e'],
    ['Der', 3, 'e21e2de0 5aa5b958'],
    ['Der ', 4, '6b115270 05d5a70c'],
    ['Der F', 5, '618d1f7c db32a784'],
    ['Der Fl', 6, 'e2d5b4e3 87a4a8f0'],
    ['Der Flu', 7, '5e8c664e 0d7d9b98'],
    ['Der Fluß', 8, '4a8b7f2c de6fea8a'],
    ['Der Fluß ', 9, 'd6ba0463 df91fb2d'],
    ['Der Fluß 🙂', 10, 'cf3b9558 e4450e51'],
    ['Der Fluß 🙂 ', 11, '57b9308d 496edbf7'],
    ['Der Fluß 🙂 f', 12, '8e6a18f7 fa0be19c'],
    ['Der Fluß 🙂 fl', 13, '6a6e4af4 327768c3'],
    ['Der Fluß 🙂 fli', 14, '7399d173 ee32f3a6'],
    ['Der Fluß 🙂 flie', 15, '50613037 4109b536'],
    ['Der Fluß 🙂 fließ', 16, '4b056912 adafc79f'],
    ['Der Fluß 🙂 fließt', 17, 'e0e1d9fb ec8a0d6c'],
    ['Der Fluß 🙂 fließt,', 18, 'e7560492 df4bf5e2'],
    ['Der Fluß 🙂 fließt, ', 19, 'dbaad046 b58d5907'],
    ['Der Fluß 🙂 fließt, a', 20, '6aacffca dd04c66b'],
    ['Der Fluß 🙂 fließt, an', 21, '14f979ad 62c35168'],
    ['Der Fluß 🙂 fließt, and', 22, 'cf9a281a 287cb660'],
    ['Der Fluß 🙂 fließt, and ', 23, 'ed71bd1a d0b42400'],
    ['Der Fluß 🙂 fließt, and g', 24, 'fe77bad4 b4b62809'],
    ['Der Fluß 🙂 fließt, and go', 25, '90a7da94 2bed8af4'],
    ['Der Fluß 🙂 fließt, and goe', 26, '2639d460 1ababc55'],
    ['Der Fluß 🙂 fließt, and goes', 27, '7833723b 10bc6556'],
    ['Der Fluß 🙂 fließt, and goes ', 28, 'c7cc70b9 607f3da4'],
    ['Der Fluß 🙂 fließt, and goes o', 29, '54adce8d 6a5dafbc'],
    ['Der Fluß 🙂 fließt, and goes on', 30, '572bd1a1 7d752154'],
  ] as const)('of %j with seed %d is what mmh3 gives', (text, seed, expected) => {
    expect(hashed(new TextEncoder().encode(text), seed)).toBe(expected);
  });
});
