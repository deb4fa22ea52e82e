/** Which executor computes from the next run on, why that one, and what would make it faster. */
import { type ExecutorChoice, executorChoices } from '../../runs/settings';
import { useStudio, useStudioState } from '../store/context';
import { isHere } from '../store/state';
import { SelectField } from './fields';

export function ExecutorField() {
  const studio = useStudio();
  const description = useStudioState((s) => s.description);
  const isChoosing = useStudioState((s) => s.pending.includes('executor'));
  const isTraining = useStudioState((s) => isHere(s.live));
  if (!description) return null;
  const { choice, reason, faster } = description;
  const sentences = [
    reason,
    ...(faster ? [faster] : []),
    ...(isTraining ? ['The run under way keeps its own until it is paused and resumed.'] : []),
  ];
  return (
    <SelectField
      label="Executor"
      value={choice}
      // Only the address can ask for the definition that tests hold the others to.
      options={
        choice === 'reference' ? [...executorChoices, { value: choice, label: 'Reference' }] : executorChoices
      }
      disabled={isChoosing}
      onChange={(value) => void studio.chooseExecutor(value as ExecutorChoice)}
      help={sentences.join(' ')}
    />
  );
}
