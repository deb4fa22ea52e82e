/** What the browser is to do while a run trains: offered beside the run, where the browser can. */
import { useState } from 'react';
import { chooseNotices, noticePermission } from '../run-notice';
import { canStayAwake } from '../screen-awake';
import { useStudio, useStudioState } from '../store/context';
import { CheckField } from './fields';

export function WhileTraining() {
  const studio = useStudio();
  const { notify, awake } = useStudioState((s) => s.whileTraining);
  const isRefused = useStudioState((s) => s.whileTraining.awake && s.awake === 'refused');
  const [permission, setPermission] = useState(noticePermission);
  const choose = async (wanted: boolean) => {
    await chooseNotices(studio, wanted);
    setPermission(noticePermission());
  };
  if (permission === 'missing' && !canStayAwake()) return null;
  return (
    <div className="while-training">
      {permission !== 'missing' && (
        <CheckField
          label="Notify me when a run ends"
          help="While this page is not in view. The browser asks once."
          checked={notify}
          onChange={(wanted) => void choose(wanted)}
        />
      )}
      {canStayAwake() && (
        <CheckField
          label="Keep the screen on"
          help="While a run trains and this page is in view."
          checked={awake}
          onChange={(wanted) => studio.chooseWhileTraining({ awake: wanted })}
        />
      )}
      {permission === 'denied' && (
        <p className="field-help">
          The browser does not let this site notify: allow it in the site’s settings, then tick it again.
        </p>
      )}
      {isRefused && (
        <p className="field-help">
          The browser does not keep the screen on just now, as when a battery is low or energy is saved.
        </p>
      )}
    </div>
  );
}
