/** What lies over the page: loaded when it is first asked for. */
import { lazy, Suspense } from 'react';
import { useStudioState } from '../store/context';

const Palette = lazy(() => import('./Palette'));
const ShortcutSheet = lazy(() => import('./ShortcutSheet'));

export function Overlay() {
  const overlay = useStudioState((s) => s.overlay);
  return (
    <Suspense>
      {overlay === 'palette' && <Palette />}
      {overlay === 'shortcuts' && <ShortcutSheet />}
    </Suspense>
  );
}
