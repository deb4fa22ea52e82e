import { describe, expect, it } from 'vitest';
import { isConnectSource, metaPolicy, type PolicyRole, policyOf, protectionHeaders } from './policy';

const directivesOf = (policy: string) =>
  new Map(
    policy.split('; ').map((directive): [string, string] => {
      const [name, ...sources] = directive.split(' ');
      return [name!, sources.join(' ')];
    }),
  );
const at = (path: string) =>
  directivesOf(protectionHeaders(new URL(path, 'http://localhost:4173'))['Content-Security-Policy']!);

const roles: readonly PolicyRole[] = ['page', 'training', 'thread', 'gauge', 'hub', 'offline'];

describe('the policy', () => {
  it.each(roles)('of %s starts from nothing, runs no text, and demands Trusted Types', (role) => {
    const policy = policyOf(role, ['https://hub.example']);
    const directives = directivesOf(policy);
    expect(directives.get('default-src')).toBe("'none'");
    expect(directives.get('require-trusted-types-for')).toBe("'script'");
    expect(policy).not.toMatch(/'unsafe-(inline|eval|hashes)'|data:|blob:|\*/);
  });

  it('lets page and training worker reach their own origin alone, whatever the address asks for', () => {
    for (const path of ['/', '/x/y/', '/assets/training.worker-CBS00WBP.js?connect=https://evil.example'])
      expect(at(path).get('connect-src')).toBe("'self'");
    expect(at('/assets/training.worker-CBS00WBP.js').get('script-src')).toContain("'wasm-unsafe-eval'");
    expect(at('/').get('script-src')).toBe("'self'");
  });

  it("lets a thread of ONNX Runtime, which has the worker's memory, load and reach nothing", () => {
    const thread = at('/x/y/assets/ort-wasm-simd-threaded-qyIweqWS.js?connect=https://evil.example');
    expect(thread.get('trusted-types')).toBe("'none'");
    expect([...thread].filter(([name]) => name.endsWith('-src'))).toEqual([
      ['default-src', "'none'"],
      ['script-src', "'wasm-unsafe-eval'"],
    ]);
  });

  it('lets a worker that tries numbers of threads load and reach nothing, and compile nothing', () => {
    const gauge = at('/x/y/assets/gauge.worker-B7x_y9-Q.js?connect=https://evil.example');
    expect(gauge.get('trusted-types')).toBe("'none'");
    expect([...gauge].filter(([name]) => name.endsWith('-src'))).toEqual([['default-src', "'none'"]]);
  });

  it('lets the worker of the hub reach what its address names, and not the studio', () => {
    const hub = '/x/y/assets/hub.worker-wh9aMLCM.js';
    expect(at(hub).get('connect-src')).toBe("'none'");
    const named = '?connect=https%3A%2F%2Fhub.example%3A8443&connect=https%3A%2F%2F*.hf.co';
    expect(at(hub + named).get('connect-src')).toBe('https://hub.example:8443 https://*.hf.co');
    expect(at(`${hub}?connect=*&connect=https:&connect=https://a.example%3B%20script-src%20*`)).toEqual(
      at(hub),
    );
  });

  it('in a meta leaves out what only a header may say', () => {
    const header = directivesOf(policyOf('page'));
    header.delete('frame-ancestors');
    expect(directivesOf(metaPolicy())).toEqual(header);
  });
});

it.each([
  ['https://huggingface.co', true],
  ['https://mirror.example:8443', true],
  ['http://10.0.0.5:8080', true],
  ['https://*.hf.co', true],
  ['http://localhost:*', true],
  ['http://127.0.0.1:*', true],
  ['https://*', false],
  ['https://*.co', false],
  ['http://*.example.org', false],
  ['https://example.org:*', false],
  ['https://example.org/path', false],
  ['https://example.org https://evil.example', false],
  ["https://example.org'; script-src *", false],
  ['http://[::1]:8080', false],
  ['ws://example.org', false],
  ["'self'", false],
  ['*', false],
  ['', false],
])('%s is a source to connect to: %s', (source, expected) => {
  expect(isConnectSource(source)).toBe(expected);
});
