/** The page: header, set-up on the left, the run and what came of it on the right. */
import { useEffect, useState } from 'react';
import { Boundary } from './Boundary';
import { droppedFiles } from './dropped-files';
import { AdaptersPanel } from './panels/AdaptersPanel';
import { Footer } from './panels/Footer';
import { Header } from './panels/Header';
import { LossPanel } from './panels/LossPanel';
import { NotStored } from './panels/NotStored';
import { Problems } from './panels/Problems';
import { OpenPython } from './panels/PythonButton';
import { ResultCard } from './panels/ResultCard';
import { RunBar } from './panels/RunBar';
import { RunsPanel } from './panels/RunsPanel';
import { SetAsidePanel } from './panels/SetAsidePanel';
import { SetupPanel } from './panels/SetupPanel';
import { TryPanel } from './panels/TryPanel';
import { useStudio, useStudioState } from './store/context';
import { applyTheme, currentTheme } from './theme';

export function App() {
  const studio = useStudio();
  const [dropping, setDropping] = useState(false);
  const protection = useStudioState((s) => s.protection);
  useEffect(() => applyTheme(currentTheme()), []);
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
      <Boundary name="Messages">
        <Problems />
      </Boundary>
      <div className="columns">
        <Boundary name="Set-up">
          <SetupPanel />
        </Boundary>
        <main className="workbench">
          <Boundary name="Run">
            <RunBar />
          </Boundary>
          <Boundary name="Not stored">
            <NotStored />
          </Boundary>
          <Boundary name="Result">
            <ResultCard />
          </Boundary>
          <Boundary name="Loss">
            <LossPanel />
          </Boundary>
          <Boundary name="Runs">
            <RunsPanel />
          </Boundary>
          <div className="pair">
            <Boundary name="Adapters">
              <AdaptersPanel />
            </Boundary>
            <Boundary name="Try it">
              <TryPanel />
            </Boundary>
          </div>
          <Boundary name="Set aside">
            <SetAsidePanel />
          </Boundary>
        </main>
      </div>
      <Boundary name="Python">
        <OpenPython />
      </Boundary>
      <Footer />
    </div>
  );
}
