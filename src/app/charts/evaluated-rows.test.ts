import { expect, it } from 'vitest';
import { listedRun } from '../../../test/listed-run';
import { evaluatedRowsNotes } from './evaluated-rows';

it('says on which rows the points of a run stand, where that is not all of them', () => {
  const { settings, dataset } = listedRun();
  const run = (name: string, changes: Partial<typeof settings>) =>
    listedRun({
      name,
      dataset: { ...dataset, validationRows: 1066 },
      settings: { ...settings, ...changes },
    });
  const runs = [
    run('all', {}),
    run('more than there are', { validationRows: 2000 }),
    run('some', { validationRows: 200 }),
    run('no others', { validationRows: 200, evaluateAllAtEnd: false }),
  ];
  expect(evaluatedRowsNotes(runs)).toEqual([
    'Validation points of some are of the same 200 of 1,066 rows; its result is of all of them.',
    'Validation points of no others are of the same 200 of 1,066 rows; so is its result.',
  ]);
});
