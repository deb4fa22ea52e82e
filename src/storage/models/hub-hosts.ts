/** Which hosts a hub's files may come from: a hub redirects a download to storage elsewhere. Knows addresses; asks nobody. */
import { StudioError } from '../../errors';
import { isConnectSource } from '../../policy';

/**
 * huggingface.co's own list is https://huggingface.co/.well-known/meta.json: all of it lies below hf.co, older files below
 * huggingface.co (hub-docs, "Downloading behind a proxy or firewall").
 */
const huggingFaceHosts = ['https://*.hf.co', 'https://*.huggingface.co'];

/** A hub on this machine may redirect to any port of it: the person chose both. */
const loopbackHosts = ['http://localhost:*', 'http://127.0.0.1:*'];

/** Where nobody has said more: the storage of huggingface.co, this machine's ports, else the subdomains of the hub. */
export function defaultDownloadHosts(endpoint: string): readonly string[] {
  const { protocol, hostname } = new URL(endpoint);
  if (hostname === 'huggingface.co') return huggingFaceHosts;
  if (hostname === 'localhost' || hostname === '127.0.0.1') return loopbackHosts;
  const below = `https://*.${hostname}`;
  const isAddress = /^[\d.]+$/.test(hostname);
  return protocol === 'https:' && !isAddress && isConnectSource(below) ? [below] : [];
}

/** All that the hub's worker may reach. */
export const connectSources = (endpoint: string, hosts: readonly string[]): readonly string[] => [
  new URL(endpoint).origin,
  ...hosts,
];

/**
 * Hosts as a person writes them, apart by spaces or commas; without a scheme they are https. Throws `bad-download-host` for
 * what the policy cannot name.
 */
export function checkedHosts(typed: string): readonly string[] {
  const words = typed.split(/[\s,]+/).filter((word) => word !== '');
  return [...new Set(words.map(checkedHost))];
}

function checkedHost(typed: string): string {
  const source = (/^https?:\/\//i.test(typed) ? typed : `https://${typed}`).toLowerCase().replace(/\/+$/, '');
  if (isConnectSource(source)) return source;
  throw new StudioError(
    'bad-download-host',
    `"${typed}" is no host that downloads can come from.`,
    'Write hosts without paths, e.g. `https://cdn.example.org` or `https://*.example.org`; http only with a whole host.',
  );
}
