/** What was trained, at work: a sentence is tried, an adapter evaluated, exported, averaged. */
import { Boundary } from '../Boundary';
import { AdaptersPanel } from '../panels/AdaptersPanel';
import { TryPanel } from '../panels/TryPanel';

export default function UsePlace() {
  return (
    <div className="pair">
      <Boundary name="Try it">
        <TryPanel />
      </Boundary>
      <Boundary name="Adapters">
        <AdaptersPanel />
      </Boundary>
    </div>
  );
}
