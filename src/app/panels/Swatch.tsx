/** A run's colour and dash. */
import type { RunStyle } from '../charts/palette';

export function Swatch({ style }: { readonly style: RunStyle }) {
  return (
    <svg className="swatch" width="20" height="8" aria-hidden>
      <line x1="1" y1="4" x2="19" y2="4" stroke={style.colour} strokeWidth="3" strokeDasharray={style.dash} />
    </svg>
  );
}
