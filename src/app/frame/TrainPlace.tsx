/** The whole form, and what comes of it: the curve while it trains, the result after. */
import { Boundary } from '../Boundary';
import { LossPanel } from '../panels/LossPanel';
import { ResultCard } from '../panels/ResultCard';
import { SetupPanel } from '../panels/SetupPanel';
import { useStudioState } from '../store/context';

export function TrainPlace() {
  const hasRun = useStudioState((s) => s.live !== null);
  return (
    <div className="columns" data-has-run={hasRun}>
      <Boundary name="Set-up">
        <SetupPanel />
      </Boundary>
      <div className="workbench">
        <Boundary name="Result">
          <ResultCard />
        </Boundary>
        <Boundary name="Loss">
          <LossPanel />
        </Boundary>
      </div>
    </div>
  );
}
