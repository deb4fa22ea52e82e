/** A small CSV of three moods with words of their own, which a head learns in seconds. */
export function moods(rows: number): string {
  const words = {
    calm: ['quiet', 'still', 'slow', 'soft'],
    angry: ['furious', 'shouting', 'rage', 'mad'],
    happy: ['joy', 'smiling', 'glad', 'bright'],
  };
  const lines = Array.from({ length: rows }, (_, i) => {
    const [mood, own] = Object.entries(words)[i % 3]!;
    return `${i},"a ${own[i % 4]} day, ${own[(i >> 2) % 4]} and ${own[(i >> 1) % 4]} number ${i}",${mood}`;
  });
  return `id,message,mood\n${lines.join('\n')}\n`;
}

/** A file as Playwright's `setInputFiles` takes it. */
export function csvFile(name: string, content: string | Buffer) {
  return { name, mimeType: 'text/csv', buffer: Buffer.from(content) };
}
