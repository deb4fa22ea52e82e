/** What Verify says of an adapter's files. */
import { expect, type Locator } from '@playwright/test';

/** The cells, row by row, once as many files as `rows` are verified. */
export async function verified(row: Locator, rows: number): Promise<readonly (readonly string[])[]> {
  const results = row.getByRole('region', { name: 'Verification' }).getByRole('row');
  await expect(results).toHaveCount(rows + 1, { timeout: 240_000 });
  const cells = await Promise.all(
    Array.from({ length: rows }, (_, i) =>
      results
        .nth(i + 1)
        .getByRole('cell')
        .allInnerTexts(),
    ),
  );
  console.log('verified:', cells);
  return cells;
}
