/** Numbers as a person reads them. */

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Whole numbers in groups of three, so that `2,141,601,149,692,800` FLOPs stay readable. */
export const formatCount = (n: number) => grouped.format(n);

/** Seconds as `0.8 s`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A rate with three significant digits. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond) || perSecond <= 0) return '–';
  return perSecond >= 100 ? formatCount(perSecond) : perSecond.toPrecision(3);
}

export const formatLoss = (loss: number) => (Number.isFinite(loss) ? loss.toFixed(4) : '–');
export const formatPercent = (share: number) =>
  Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–';

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export function formatTime(timestamp: number): string {
  return new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(timestamp);
}

/** A setting's value in a table. */
export function formatSetting(value: unknown): string {
  if (value === null || value === undefined) return 'all';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
}
