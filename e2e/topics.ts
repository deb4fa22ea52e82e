/** A small table of several labels, which a few steps learn: each topic has a word of its own; a text may have any of them, or none. */
export function topics(rows: number): string {
  const words = { money: 'bank and price', sport: 'goal and match', weather: 'rain and wind' };
  const lines = Array.from({ length: rows }, (_, i) => {
    const own = Object.entries(words).filter((_entry, k) => (i >> k) & 1);
    return `news ${i} ${own.map(([, word]) => word).join(' with ')},${own.map(([topic]) => topic).join('|')}`;
  });
  return `text,topics\n${lines.join('\n')}\n`;
}
