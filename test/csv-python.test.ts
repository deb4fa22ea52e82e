/**
 * Python's `csv` as the judge, before the studio's rules for headers, blank lines and widths: the same cells for every text that it
 * reads strictly, a named error with its line for every one that it refuses. The answers to some of the texts are recorded, for where
 * there is no Python; `vitest run --project unit test/csv-python -u` records them anew.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvReader, type StrayQuotes } from '../src/data/csv/reader';
import { StudioError } from '../src/errors';
import { findPython, runPython } from './python';

interface Question {
  readonly text: string;
  readonly delimiter: string;
}

type Answer =
  | { readonly rows: readonly (readonly string[])[] }
  | { readonly error: string; readonly line: number };

const recorded = 'fixtures/csv/python.json';
const recordedQuestions = 300;

const few = fc.array(fc.constantFrom('a', '"', ',', '\n', '\r'), { maxLength: 12 });
const many = fc.array(
  fc.oneof(
    fc.constantFrom(
      '"',
      '""',
      '","',
      '\n',
      '\r',
      '\r\n',
      '\n"',
      '"\r\n',
      ',',
      ';',
      '\t',
      '|',
      ' ',
      "'",
      '\\',
      '\ufeff',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }),
  ),
  { maxLength: 40 },
);
const wellQuoted = fc
  .array(
    fc.tuple(
      fc.constantFrom('"a"', '"a""b"', '"a\r\nb"', 'a', '', '" "', '"\r"', 'a"b'),
      fc.constantFrom(',', '\n', '\r', '\r\n'),
    ),
    {
      maxLength: 20,
    },
  )
  .map((cells) => cells.flat());

/** The same at each call: each kind of text by turns, so that the first ones are of every kind. */
function questions(ofEach: number): readonly Question[] {
  const drawn = [few, many, wellQuoted].map((parts, seed) => {
    const question = fc.record({
      text: parts.map((found) => found.join('').replaceAll('\0', '')),
      delimiter: fc.constantFrom(',', ',', ';', '\t', '|'),
    });
    return fc.sample(question, { seed, numRuns: ofEach });
  });
  return Array.from({ length: ofEach }, (_, i) => drawn.map((of) => of[i]!)).flat();
}

type Ours =
  | { readonly rows: readonly (readonly string[])[] }
  | { readonly code: string; readonly message: string };

function ours({ text, delimiter }: Question, strayQuotes: StrayQuotes): Ours {
  const reader = new CsvReader('f.csv', delimiter, strayQuotes);
  try {
    const { rows } = reader.push(text);
    return { rows: [...rows, ...reader.end().rows] };
  } catch (error) {
    if (error instanceof StudioError) return { code: error.code, message: error.message };
    throw error;
  }
}

function expectSame(question: Question, answer: Answer): void {
  const words = JSON.stringify(question);
  const [strict, keeping] = [ours(question, 'refuse'), ours(question, 'keep')];
  if ('rows' in answer) {
    expect(strict, words).toEqual(answer);
    expect(keeping, words).toEqual(answer);
    return;
  }
  // Python stands in the line of the text after a mark; at the end of the file it is beyond the mark that was never closed.
  const isUnclosed = answer.error === 'unexpected end of data';
  expect(strict, words).toEqual({
    code: expect.stringMatching(isUnclosed ? /^unclosed-quote$/ : /^text-after-(quote|lines)$/),
    message: expect.stringMatching(
      isUnclosed ? /opens in line \d+ is never closed/ : `^Line ${answer.line} of f.csv`,
    ),
  });
  // The choice helps against text after a mark within a line, and against nothing else.
  if ('code' in strict && strict.code !== 'text-after-quote') expect(keeping, words).toEqual(strict);
}

it('reads as Python did', () => {
  const answers = JSON.parse(readFileSync(new URL(recorded, import.meta.url), 'utf8')) as {
    readonly question: Question;
    readonly answer: Answer;
  }[];
  expect(answers.length).toBe(recordedQuestions);
  // Of both kinds there are many.
  expect(answers.filter(({ answer }) => 'rows' in answer).length).toBeGreaterThan(recordedQuestions / 4);
  expect(answers.filter(({ answer }) => 'error' in answer).length).toBeGreaterThan(recordedQuestions / 4);
  for (const { question, answer } of answers) expectSame(question, answer);
});

const python = findPython();

describe.skipIf(!python)('with Python', () => {
  it('reads 9,000 generated texts as Python does', async () => {
    const asked = questions(3000);
    const answers = runPython<readonly Answer[]>(python!, 'read_csv.py', asked);
    expect(answers.length).toBe(asked.length);
    for (const [i, question] of asked.entries()) expectSame(question, answers[i]!);
    const first = asked.slice(0, recordedQuestions).map((question, i) => ({ question, answer: answers[i] }));
    await expect(`[\n${first.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`).toMatchFileSnapshot(
      recorded,
    );
  });
});
