import { expect, it } from 'vitest';
import { code, plain, quoted, shellWord } from './markdown';

it('plain text keeps its marks as characters', () => {
  expect(plain('a | *b* <i>\n# c')).toBe('a \\| \\*b\\* &lt;i&gt; \\# c');
  expect(plain('https://a.b www.c.d')).toBe('https:\\//a.b www\\.c.d');
  expect(plain('happy, calm (1.5) – 👍 und schön')).toBe('happy, calm (1.5) – 👍 und schön');
});

it('code ends where it is meant to', () => {
  expect(code('roberta-base')).toBe('`roberta-base`');
  expect(code('a`b``c')).toBe('```a`b``c```');
  expect(code('`x`\n')).toBe('`` `x` ``');
});

it('a quoted string is the same in JSON, and has nothing that ends a line', () => {
  for (const text of ['a"b\\c\n', '\u2028\u2029\u202e', '\x7f\x85', '👍 schön'])
    expect(JSON.parse(quoted(text))).toBe(text);
  expect(quoted('\u2028\u202e\x85')).toBe('"\\u2028\\u202e\\u0085"');
});

it('an argument of a shell is one word that runs nothing', () => {
  expect(shellWord('FacebookAI/roberta-base')).toBe('FacebookAI/roberta-base');
  expect(shellWord("$(true) `true` it's\n; true")).toBe("'$(true) `true` it'\\''s ; true'");
});
