/** The page: header, set-up on the left, the run and what came of it on the right. */
import { useEffect, useState } from 'react';
import { droppedFiles } from './dropped-files';
import { AdaptersPanel } from './panels/AdaptersPanel';
import { Footer } from './panels/Footer';
import { Header } from './panels/Header';
import { LossPanel } from './panels/LossPanel';
import { NotStored } from './panels/NotStored';
import { Problems } from './panels/Problems';
import { ResultCard } from './panels/ResultCard';
import { RunBar } from './panels/RunBar';
import { RunsPanel } from './panels/RunsPanel';
import { SetupPanel } from './panels/SetupPanel';
import { TryPanel } from './panels/TryPanel';
import { useStudio } from './store/context';
import { applyTheme, currentTheme } from './theme';

export function App() {
  const studio = useStudio();
  const [dropping, setDropping] = useState(false);
  useEffect(() => applyTheme(currentTheme()), []);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping a file anywhere repeats what the file input does
    <div
      className="app"
      data-dropping={dropping}
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
      <Header />
      <Problems />
      <div className="columns">
        <SetupPanel />
        <main className="workbench">
          <RunBar />
          <NotStored />
          <ResultCard />
          <LossPanel />
          <RunsPanel />
          <div className="pair">
            <AdaptersPanel />
            <TryPanel />
          </div>
        </main>
      </div>
      <Footer />
    </div>
  );
}
