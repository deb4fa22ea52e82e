/** How far something is that is shown in whole percents. */

interface ProgressBarProps {
  /** What is under way, for those who hear it. */
  readonly label: string;
  /** 0 to 100. */
  readonly percent: number;
  /** It stands still until something else happens; absent where it never does. */
  readonly isWaiting?: boolean;
}

export function ProgressBar({ label, percent, isWaiting }: ProgressBarProps) {
  return (
    <div
      className="progress"
      data-waiting={isWaiting}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div style={{ width: `${percent}%` }} />
    </div>
  );
}
