/** Name, what computes, theme. */
import { Cpu, Moon, ShieldCheck, Sun } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useStudioState } from '../store/context';
import { chooseTheme, currentTheme, followSystemTheme } from '../theme';

export function Header() {
  return (
    <header className="header">
      <div className="brand">
        <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" width={24} height={24} />
        <h1>Adapter Studio</h1>
      </div>
      <p className="chip privacy" title="Texts, models and adapters stay in this browser.">
        <ShieldCheck size={14} aria-hidden /> Nothing leaves this machine
      </p>
      <Device />
      <ThemeSwitch />
    </header>
  );
}

function Device() {
  const executor = useStudioState((s) => s.description?.executor);
  const failed = useStudioState((s) => s.openError !== null);
  const name = executor && (executor.executor === 'webgpu' ? 'WebGPU' : 'Reference');
  const tone = failed ? 'bad' : executor?.isSoftwareAdapter ? 'warn' : 'plain';
  return (
    <p className="chip device" data-tone={tone} title="What training computes on">
      <Cpu size={14} aria-hidden />
      <span>
        {failed ? 'No device' : executor ? `${name} · ${executor.adapter}` : 'Looking for a device…'}
      </span>
    </p>
  );
}

function ThemeSwitch() {
  const theme = useSyncExternalStore(subscribe, currentTheme);
  const other = theme === 'dark' ? 'light' : 'dark';
  const Icon = theme === 'dark' ? Sun : Moon;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Switch to ${other} theme`}
      title={`Switch to ${other} theme`}
      onClick={() => {
        chooseTheme(other);
        for (const notify of listeners) notify();
      }}
    >
      <Icon size={17} aria-hidden />
    </button>
  );
}

const listeners = new Set<() => void>();

function subscribe(notify: () => void): () => void {
  listeners.add(notify);
  const unfollow = followSystemTheme(notify);
  return () => {
    listeners.delete(notify);
    unfollow();
  };
}
