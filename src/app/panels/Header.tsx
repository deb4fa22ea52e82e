/** Name, what computes, theme. */
import { Cpu, Moon, ShieldCheck, Sun } from 'lucide-react';
import { useState } from 'react';
import { executorTitle } from '../../runs/record';
import { PlaceLinks } from '../frame/PlaceLinks';
import { useStudioState } from '../store/context';
import { chooseTheme, currentTheme } from '../theme';

export function Header() {
  const executor = useStudioState((s) => s.description?.executor);
  const openError = useStudioState((s) => s.openError);
  // Where no policy holds it, the line below says so; this one would promise too much.
  const isUnprotected = useStudioState((s) => s.protection === 'none' || s.protection === 'after-reload');
  const [theme, setTheme] = useState(currentTheme);
  const other = theme === 'dark' ? 'light' : 'dark';
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
      <button
        type="button"
        className="icon-button"
        aria-label={`Switch to ${other} theme`}
        onClick={() => {
          chooseTheme(other);
          setTheme(other);
        }}
      >
        {theme === 'dark' ? <Sun size={18} aria-hidden /> : <Moon size={18} aria-hidden />}
      </button>
    </header>
  );
}
