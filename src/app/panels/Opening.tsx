/** In the place of what needs an open studio. */
import { useStudioState } from '../store/context';

export function Opening() {
  const failed = useStudioState((s) => s.openError !== null);
  return (
    <p className="empty">
      {failed
        ? 'Training needs a device. Runs and adapters that are stored can still be looked at.'
        : 'Opening…'}
    </p>
  );
}
