/** The page's entry: starts the worker, makes the studio, mounts the page. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import trainingWorker from '../../workers/training.worker?worker&url';
import type { Port } from '../protocol/client';
import { App } from './App';
import { Boundary } from './Boundary';
import { forcedExecutor, forcedThreads, rememberedExecutor } from './executor-choice';
import { offlineScript, protectPage } from './protection';
import { StudioContext } from './store/context';
import { Studio } from './store/studio';
import { Tabs } from './store/tabs';
import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './frame/frame.css';
import './panels/panels.css';
import './charts/charts.css';
import './panels/base-models.css';
import './panels/footer.css';
import './panels/python.css';
import { guardScripts, isAt } from '../trusted-scripts';
import { followKeys, keepCharacterKeys } from './actions/follow-keys';
import { followAddress } from './frame/follow-address';
import { keepForm, keptForm } from './keep-form';
import { watchEnds } from './run-notice';
import { canStayAwake, keepAwake } from './screen-awake';
import { followTheme } from './theme';
import { watchPage } from './watch-page';
import { keepWhileTraining, keptWhileTraining } from './while-training';

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

/**
 * The threads of its ONNX Runtime are fixed for its life, so they are in its name. In its address they would make it two modules, one
 * with them and one without, which its own chunks import: each command would be done twice.
 */
function startWorker(threads: number | null): Port {
  const name = threads === null ? 'training' : `training ${threads}`;
  return new Worker(trainingWorker, { type: 'module', name });
}

const isUnderPolicy = guardScripts(
  (address) => isAt(address, trainingWorker) || isAt(address, offlineScript),
);
const studio = new Studio(
  (threads) => window.studioPort ?? startWorker(threads ?? forcedThreads()),
  // Without a secure context there are no locks, and no training either.
  'locks' in navigator ? new Tabs(new BroadcastChannel('adapter-studio-runs'), navigator.locks) : null,
);
studio.chooseWhileTraining(keptWhileTraining());
keepWhileTraining(studio);
watchPage(studio);
followTheme(studio);
followKeys(studio);
keepCharacterKeys(studio);
watchEnds(studio);
if (canStayAwake()) keepAwake(studio);
followAddress(studio);
void protectPage(studio, isUnderPolicy);
keepForm(studio);
void studio.open(forcedExecutor(), rememberedExecutor(), keptForm());

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <StudioContext value={studio}>
      <Boundary name="The page">
        <App />
      </Boundary>
    </StudioContext>
  </StrictMode>,
);
