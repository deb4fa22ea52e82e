/** Name, what computes, commands, theme. */
import { Cpu, ShieldCheck } from 'lucide-react';
import { executorTitle } from '../../runs/record';
import { ActionButton } from '../actions/ActionButton';
import { openPalette, switchTheme, themeIcon } from '../actions/page-actions';
import { PlaceLinks } from '../frame/PlaceLinks';
import { useStudioState } from '../store/context';

export function Header() {
  const executor = useStudioState((s) => s.description?.executor);
  const openError = useStudioState((s) => s.openError);
  // Where no policy holds it, the line below says so; this one would promise too much.
  const isUnprotected = useStudioState((s) => s.protection === 'none' || s.protection === 'after-reload');
  const theme = useStudioState(themeIcon);
  return (
    <header className="header">
      <div className="brand">
        <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" width={28} height={28} />
        <span className="brand-name">Adapter Studio</span>
      </div>
      <PlaceLinks />
      <p className="chip" title="Texts, models and adapters stay in this browser.">
        <ShieldCheck size={14} aria-hidden />
        {isUnprotected ? 'The studio sends nothing' : 'Nothing leaves this machine'}
      </p>
      <p className="chip" data-tone={openError ? 'bad' : executor?.isSoftwareAdapter ? 'warn' : 'plain'}>
        <Cpu size={14} aria-hidden />
        {openError
          ? 'No device'
          : executor
            ? `${executorTitle(executor)} · ${executor.adapter}`
            : 'Looking for a device…'}
      </p>
      <ActionButton action={openPalette} of={undefined} look="icon" size={18} opensDialog />
      <ActionButton action={switchTheme} of={undefined} look="icon" size={18} icon={theme} />
    </header>
  );
}
