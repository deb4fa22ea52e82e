import { expect, it } from 'vitest';
import { serveStatic } from '../e2e/static-server';

it('the plain server serves a folder below its prefix, whole and in ranges, and sets no header of protection', async () => {
  const site = await serveStatic({ root: 'public/datasets', prefix: '/x/y/' });
  try {
    const outside = await fetch(new URL('/package.json', site.url));
    expect(outside.status).toBe(404);
    const climbing = await fetch(`${site.url}..%2f..%2fpackage.json`);
    expect(climbing.status).toBe(404);
    const root = await serveStatic({ root: 'public' });
    const icon = await fetch(`${root.url}favicon.svg`);
    expect(icon.headers.get('content-type')).toBe('image/svg+xml');
    for (const name of ['content-security-policy', 'cross-origin-opener-policy', 'cache-control'])
      expect(icon.headers.get(name)).toBeNull();
    const text = await icon.text();
    const part = await fetch(`${root.url}favicon.svg`, { headers: { range: 'bytes=5-9' } });
    expect([part.status, await part.text()]).toEqual([206, text.slice(5, 10)]);
    await root.close();
  } finally {
    await site.close();
  }
});
