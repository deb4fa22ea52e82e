/** All runs, their curves over each other, and what differs between them. */
import { Boundary } from '../Boundary';
import { ComparisonPanel } from '../panels/ComparisonPanel';
import { LossPanel } from '../panels/LossPanel';
import { RunsPanel } from '../panels/RunsPanel';

export function ComparePlace() {
  return (
    <div className="compare">
      <Boundary name="Runs">
        <RunsPanel />
      </Boundary>
      <div className="stack">
        <Boundary name="Loss">
          <LossPanel />
        </Boundary>
        <Boundary name="Comparison">
          <ComparisonPanel />
        </Boundary>
      </div>
    </div>
  );
}
