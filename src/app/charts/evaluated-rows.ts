/** On which rows the points of evaluations stand, where that is not all of them. Pure. */
import { formatCount } from '../format';
import type { RunSummary } from '../store/state';

/** A sentence for each run that evaluates on some of its rows. */
export function evaluatedRowsNotes(runs: readonly RunSummary[]): readonly string[] {
  return runs.flatMap(({ name, settings, dataset }) => {
    const { validationRows: limit, evaluateAllAtEnd } = settings;
    if (limit === null || limit >= dataset.validationRows) return [];
    const result = evaluateAllAtEnd ? 'its result is of all of them' : 'so is its result';
    return [
      `Validation points of ${name} are of the same ${formatCount(limit)} of ${formatCount(dataset.validationRows)} rows; ${result}.`,
    ];
  });
}
