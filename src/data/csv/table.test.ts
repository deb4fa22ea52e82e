import { describe, expect, it } from 'vitest';
import { openTable, parseTable, type TableBatch, type TableFile } from './table';

const file = (content: BlobPart, name = 'reviews.csv') => Object.assign(new Blob([content]), { name });

async function readTable(...source: Parameters<typeof openTable>) {
  const table = await openTable(...source);
  const rows: (readonly string[])[] = [];
  for await (const batch of table.batches()) for (const row of batch.rows) rows.push(row);
  return { columns: table.columns, rows };
}

describe('reads', () => {
  it.each([
    ['commas', 'text,label\na,x\nb,y\n', ','],
    ['semicolons', 'text;label\na;x\nb;y\n', ';'],
    ['tabs', 'text\tlabel\na\tx\nb\ty\n', '\t'],
    ['commas inside semicolons', 'text;label\n1,5;x\n2,5;y\n', ';'],
    ['what Excel’s sep= line says', 'sep=|\ntext|label\na,b|x\nc|y\n', '|'],
    ['Windows line ends', 'text,label\r\na,x\r\nb,y\r\n', ','],
  ])('%s', (_, text, delimiter) => {
    const table = parseTable(text, 'f.csv');
    expect(table.delimiter).toBe(delimiter);
    expect(table.columns).toEqual(['text', 'label']);
    expect(table.rows.length).toBe(2);
    expect(table.rows.every((row) => row.length === 2)).toBe(true);
  });

  it.each([
    [
      'one CRLF at the end of a file of LF',
      'text,label\na,x\nb,y\nc,x\r\n',
      [
        ['a', 'x'],
        ['b', 'y'],
        ['c', 'x'],
      ],
    ],
    [
      'one CRLF at its start',
      'text,label\r\na,x\nb,y\n',
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
    ],
    [
      'a quoted CRLF in a file of LF',
      'text,label\n"a\r\nb",x\nc,y\n',
      [
        ['a\r\nb', 'x'],
        ['c', 'y'],
      ],
    ],
    [
      'a quoted LF in a file of CR',
      'text,label\r"a\nb",x\rc,y\r',
      [
        ['a\nb', 'x'],
        ['c', 'y'],
      ],
    ],
    [
      'a quoted CR in a file of CRLF',
      'text,label\r\n"a\rb",x\r\nc,y\r\n',
      [
        ['a\rb', 'x'],
        ['c', 'y'],
      ],
    ],
    [
      'a last line that ends in CR',
      'text,label\na,x\nb,y\r',
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
    ],
    [
      'every end in one file',
      'text,label\ra,x\r\nb,y\nc,x\rd,y',
      [
        ['a', 'x'],
        ['b', 'y'],
        ['c', 'x'],
        ['d', 'y'],
      ],
    ],
    [
      'sep= with CR',
      'sep=;\rtext;label\ra,b;x\rc;y',
      [
        ['a,b', 'x'],
        ['c', 'y'],
      ],
    ],
  ])('every line end by itself: %s', (_, text, rows) => {
    expect(parseTable(text, 'f.csv')).toMatchObject({ columns: ['text', 'label'], rows });
  });

  it('a header after blank lines, and one that begins with PK', async () => {
    expect(parseTable('\n \r\ntext,label\na,x\n', 'f.csv').rows).toEqual([['a', 'x']]);
    expect((await readTable(file('PK,text,label\n1,a,x\n'))).columns).toEqual(['PK', 'text', 'label']);
  });

  it('a byte order mark, quotes, line breaks inside quotes and blank lines', async () => {
    const table = await readTable(file('\ufefftext,label\n"say ""hi"",\nnow",x\n\nb,y\n'));
    expect(table).toMatchObject({
      columns: ['text', 'label'],
      rows: [
        ['say "hi",\nnow', 'x'],
        ['b', 'y'],
      ],
    });
  });

  it('UTF-16 with its mark', async () => {
    const text = 'text,label\nnaïve,x\n';
    const bytes = new Uint8Array([
      0xff,
      0xfe,
      ...Array.from(text).flatMap((c) => [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8]),
    ]);
    expect((await readTable(file(bytes))).rows).toEqual([['naïve', 'x']]);
  });

  it('names empty and repeated columns', () => {
    const columns = (header: string) =>
      parseTable(`${header}\n${','.repeat(header.split(',').length - 1)}\n`, 'f.csv').columns;
    expect(columns('text,,text')).toEqual(['text', 'Column 2', 'text (2)']);
    expect(columns('text,text,text (2)')).toEqual(['text', 'text (3)', 'text (2)']);
    expect(columns(',Column 1,text (2),text (2)')).toEqual([
      'Column 1',
      'Column 1 (2)',
      'text (2)',
      'text (2) (2)',
    ]);
  });

  it('characters that a chunk boundary cuts', async () => {
    const text = `text,label\n${'é😀,x\n'.repeat(20_000)}`;
    const bytes = new TextEncoder().encode(text);
    const parts = Array.from({ length: Math.ceil(bytes.length / 4093) }, (_, i) =>
      bytes.slice(i * 4093, (i + 1) * 4093),
    );
    const table = await readTable(Object.assign(new Blob(parts), { name: 'f.csv' }));
    expect(table.rows.every(([cell]) => cell === 'é😀')).toBe(true);
    expect(table.rows.length).toBe(20_000);
  });
});

describe('streams', () => {
  async function batchesOf(table: TableFile): Promise<readonly TableBatch[]> {
    const batches: TableBatch[] = [];
    for await (const batch of table.batches()) batches.push(batch);
    return batches;
  }

  it('the same batches at each pass, with the lines of their rows and the bytes read', async () => {
    const content = `sep=;\r\ntext;label\r\n\r\n${'"é\r\nè";x\r\n'.repeat(150_000)}`;
    const source = file(content);
    const table = await openTable(source);
    expect(table).toMatchObject({ fileName: 'reviews.csv', columns: ['text', 'label'], delimiter: ';' });
    const batches = await batchesOf(table);
    const again = await batchesOf(table);
    expect(batches.length).toBeGreaterThan(2);
    const rows = batches.flatMap((batch) => batch.rows);
    expect(rows.length).toBe(150_000);
    expect(rows.every(([text, label]) => text === 'é\r\nè' && label === 'x')).toBe(true);
    expect(batches.flatMap(({ lines }) => lines).every((line, i) => line === 4 + 2 * i)).toBe(true);
    expect(again.map((batch) => batch.rows.length)).toEqual(batches.map((batch) => batch.rows.length));
    const read = batches.map(({ bytesRead }) => bytesRead);
    expect(read).toEqual([...read].sort((a, b) => a - b));
    expect(read.at(-1)).toBe(source.size);
  });

  const awkward = '\ufefftext,label\r\n"é,""😀""\r\nè",\ufeffx\r\rnaïve 𝒳\0,y\n"",z\r\n\ufeff,"\r"\r';
  const utf16 = (isLittle: boolean) => {
    const units = new DataView(new ArrayBuffer(2 * awkward.length));
    for (let i = 0; i < awkward.length; i++) units.setUint16(2 * i, awkward.charCodeAt(i), isLittle);
    return units.buffer;
  };

  it.each([
    ['UTF-8', new TextEncoder().encode(awkward)],
    ['UTF-16LE', new Uint8Array(utf16(true))],
    ['UTF-16BE', new Uint8Array(utf16(false))],
  ])(
    '%s in parts of 1 to 64 bytes, and names the line of a byte that fits none of them',
    async (_, bytes) => {
      const rows = [
        ['é,"😀"\r\nè', '\ufeffx'],
        ['naïve 𝒳\0', 'y'],
        ['', 'z'],
        ['\ufeff', '\r'],
      ];
      // Two halves of one character, the wrong way round; 0xdc is no UTF-8 before 0x00 or 0xd8 either.
      const broken = new Uint8Array([...bytes, 0xdc, 0xdc, 0xd8, 0xd8, 0x2c, 0x2c]);
      for (let partBytes = 1; partBytes <= 64; partBytes++) {
        expect((await readTable(file(bytes), { partBytes })).rows, `parts of ${partBytes}`).toEqual(rows);
        await expect(readTable(file(broken), { partBytes }), `parts of ${partBytes}`).rejects.toMatchObject({
          code: 'not-utf8',
          message: expect.stringContaining('line 9 '),
        });
      }
    },
  );

  it('until it is told to stop', async () => {
    const table = await openTable(file(`text,label\n${'a,x\n'.repeat(600_000)}`));
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of table.batches(stop.signal)) stop.abort(new Error('cancelled'));
    })();
    await expect(reading).rejects.toThrow('cancelled');
  });
});

describe('refuses, naming the thing', () => {
  it.each([
    ['file-empty', '', /empty/],
    ['file-empty', ' \n\r', /no content/],
    ['one-column', 'text\na\n', /one column/],
    ['no-rows', 'text,label\n', /no rows/],
    ['row-too-few-columns', 'text,label\na,x\nb\nc,y\n', /Line 3 .* 1 column, the header has 2/],
    ['row-too-many-columns', 'text,label\n"a\nb",x\nb,c,y\n', /Line 4 .* 3 columns/],
    ['unclosed-quote', 'text,label\r\na,x\r"b,x\nb,y\n', /opens in line 3 is never closed/],
    ['text-after-quote', 'text,label\r\na,x\r"b" c,x\nb,y\n', /Line 3 of reviews\.csv/],
    ['text-after-lines', 'text,label\n"b\nb",x\n"c\r\n"d,x\n', /Line 5 of reviews\.csv .* opens in line 4/],
    ['not-utf8', new Uint8Array([116, 44, 108, 10, 233, 44, 120, 10]), /line 2/],
    ['file-not-text', new Uint8Array([0x50, 0x4b, 3, 4, 1]), /spreadsheet/],
  ])('%s', async (code, content, message) => {
    await expect(readTable(file(content))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/.{10}/),
    });
  });
});
