import { expect, it } from 'vitest';
import { isConnectSource } from '../../policy';
import { checkedHosts, connectSources, defaultDownloadHosts } from './hub-hosts';

it.each([
  ['https://huggingface.co', ['https://*.hf.co', 'https://*.huggingface.co']],
  ['https://mirror.example/hf', ['https://*.mirror.example']],
  ['http://mirror.example', []],
  ['https://10.0.0.5:8443', []],
  ['http://localhost:4000', ['http://localhost:*', 'http://127.0.0.1:*']],
  ['http://127.0.0.1:4000', ['http://localhost:*', 'http://127.0.0.1:*']],
])('the usual download hosts of %s', (endpoint, expected) => {
  const hosts = defaultDownloadHosts(endpoint);
  expect(hosts).toEqual(expected);
  expect(connectSources(endpoint, hosts).every(isConnectSource)).toBe(true);
  expect(connectSources(endpoint, hosts)[0]).toBe(new URL(endpoint).origin);
});

it('hosts are read as a person writes them', () => {
  expect(checkedHosts('')).toEqual([]);
  expect(checkedHosts(' cdn.Example.org,  https://*.hf.co/\nhttp://10.0.0.5:80 cdn.example.org')).toEqual([
    'https://cdn.example.org',
    'https://*.hf.co',
    'http://10.0.0.5:80',
  ]);
  for (const typed of ['https://a.example/b', 'https://*', '*', 'ftp://a.example', 'a;b', '[::1]'])
    expect(() => checkedHosts(typed)).toThrow(expect.objectContaining({ code: 'bad-download-host' }));
});
