/**
 * `npx vitest run --project bench bench/csv`: 200 MB of CSV, streamed by the studio's reader against what it did before: the whole
 * text decoded, then papaparse, then the lines counted. By turns, twice each; prints seconds and the ratio of the better ones.
 */
import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { openTable } from '../src/data/csv/table';

const megabytes = 200;

/** Texts of 80 to 300 characters; every other file of them in quotation marks, with marks and commas inside. */
function reviews(inMarks: boolean): Blob {
  const parts: string[] = ['text,label\n'];
  for (let row = 0, bytes = 0; bytes < megabytes * 1e6; row++) {
    const body = `row ${row}, a “quiet” film neither long nor short, ${row % 7 ? 'good' : 'bad'} in its way${' and so on'.repeat(row % 23)}`;
    const line = inMarks
      ? `"${body.replace('film', '""film""')}",${row % 3}\n`
      : `${body.replaceAll(',', ' ')},${row % 3}\n`;
    bytes += line.length;
    parts.push(line);
  }
  return new Blob(parts);
}

async function streamed(file: Blob): Promise<number> {
  let rows = 0;
  for await (const batch of (await openTable(file)).batches()) rows += batch.rows.length;
  return rows;
}

async function whole(file: Blob): Promise<number> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = file.stream().getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read())
    text += decoder.decode(part.value, { stream: true });
  const { data } = Papa.parse<string[]>(text, { delimiter: ',', newline: '\n', fastMode: false });
  let line = 1;
  const lines = data.map((cells) => {
    const own = line;
    line += 1 + cells.reduce((ends, cell) => ends + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
    return own;
  });
  // The header, and the empty line that papaparse finds after the last one.
  return lines.length - 2;
}

async function seconds(work: () => Promise<number>): Promise<{ rows: number; seconds: number }> {
  const start = performance.now();
  const rows = await work();
  return { rows, seconds: (performance.now() - start) / 1000 };
}

it.each([
  { texts: 'in marks', inMarks: true },
  { texts: 'without marks', inMarks: false },
])('200 MB of texts $texts', async ({ texts, inMarks }) => {
  const file = reviews(inMarks);
  const times = { streamed: Number.POSITIVE_INFINITY, whole: Number.POSITIVE_INFINITY };
  for (let turn = 0; turn < 2; turn++) {
    const [after, before] = [await seconds(() => streamed(file)), await seconds(() => whole(file))];
    expect(after.rows).toBe(before.rows);
    times.streamed = Math.min(times.streamed, after.seconds);
    times.whole = Math.min(times.whole, before.seconds);
  }
  console.log(
    `${texts}: ${(file.size / 1e6).toFixed(0)} MB, streamed ${times.streamed.toFixed(2)} s, whole ${times.whole.toFixed(2)} s, ` +
      `${(times.streamed / times.whole).toFixed(2)} of the time`,
  );
});
