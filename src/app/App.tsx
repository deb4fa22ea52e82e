/** The page: what stays in view, messages, and the place where the person is. */
import { useState } from 'react';
import { Overlay } from './actions/Overlay';
import { Boundary } from './Boundary';
import { droppedFiles } from './dropped-files';
import { CurrentPlace } from './frame/CurrentPlace';
import { Footer } from './panels/Footer';
import { Header } from './panels/Header';
import { NotStored } from './panels/NotStored';
import { Problems } from './panels/Problems';
import { OpenPython } from './panels/PythonButton';
import { RunBar } from './panels/RunBar';
import { SetAsidePanel } from './panels/SetAsidePanel';
import { Toasts } from './panels/Toasts';
import { useStudio, useStudioState } from './store/context';

export function App() {
  const studio = useStudio();
  const [dropping, setDropping] = useState(false);
  const protection = useStudioState((s) => s.protection);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping a file anywhere repeats what the file input does
    <div
      className="app"
      data-dropping={dropping}
      data-protection={protection}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={(event) => {
        if (event.currentTarget === event.target) setDropping(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setDropping(false);
        void studio.takeFiles(droppedFiles(event.dataTransfer));
      }}
    >
      <Boundary name="Header">
        <Header />
      </Boundary>
      <Boundary name="Run">
        <RunBar />
      </Boundary>
      <Boundary name="Messages">
        <Problems />
      </Boundary>
      <Boundary name="Not stored">
        <NotStored />
      </Boundary>
      <CurrentPlace />
      <Boundary name="Set aside">
        <SetAsidePanel />
      </Boundary>
      <Boundary name="Python">
        <OpenPython />
      </Boundary>
      <Footer />
      <Boundary name="Notes">
        <Toasts />
      </Boundary>
      <Boundary name="Commands">
        <Overlay />
      </Boundary>
    </div>
  );
}
