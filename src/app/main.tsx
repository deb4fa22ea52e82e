/** The page's entry: starts the worker, makes the studio, mounts the page. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Port } from '../protocol/client';
import type { ExecutorName } from '../protocol/settings';
import { App } from './App';
import { Boundary } from './Boundary';
import { StudioContext } from './store/context';
import { Studio } from './store/studio';
import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/panels.css';
import './styles/base-models.css';
import './styles/footer.css';
import { keepPageOffline, watchPage } from './watch-page';

declare global {
  interface ImportMetaEnv {
    /** Of `package.json`. */
    readonly STUDIO_VERSION: string;
  }

  interface Window {
    /** Tests put a recorded stream here, before the page starts, in place of the worker. */
    studioPort?: Port;
  }
}

function startWorker(): Port {
  return new Worker(new URL('../../workers/training.worker.ts', import.meta.url), {
    type: 'module',
    name: 'training',
  });
}

const forced = new URLSearchParams(location.search).get('executor');
const executor: ExecutorName | null = forced === 'webgpu' || forced === 'reference' ? forced : null;
const studio = new Studio(window.studioPort ?? startWorker());
watchPage(studio);
keepPageOffline();
void studio.open(executor);

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <StudioContext value={studio}>
      <Boundary name="The page">
        <App />
      </Boundary>
    </StudioContext>
  </StrictMode>,
);
