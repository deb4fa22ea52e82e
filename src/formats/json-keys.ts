/** Finds what `JSON.parse` hides: a key that occurs twice in one object, of which it silently keeps the last. */

/** The first key that is repeated within one object of `text`, which must be valid JSON; else undefined. */
export function findDuplicateKey(text: string): string | undefined {
  const open: (Set<string> | null)[] = []; // a set of keys for each open object, null for an array
  let expectsKey = false;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '{':
        open.push(new Set());
        expectsKey = true;
        break;
      case '[':
        open.push(null);
        expectsKey = false;
        break;
      case '}':
      case ']':
        open.pop();
        expectsKey = false;
        break;
      case ',':
        expectsKey = open.at(-1) != null;
        break;
      case '"': {
        const start = i;
        for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
        const keys = open.at(-1);
        if (!expectsKey || !keys) break;
        const key: string = JSON.parse(text.slice(start, i + 1));
        if (keys.has(key)) return key;
        keys.add(key);
        expectsKey = false;
        break;
      }
    }
  }
  return undefined;
}
