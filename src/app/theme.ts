/** Light or dark: the person's choice if there is one, else the system's, also when the system changes its mind. */

const key = 'adapter-studio-theme';
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

export type Theme = 'light' | 'dark';

function chosenTheme(): Theme | null {
  const chosen = localStorage.getItem(key);
  return chosen === 'light' || chosen === 'dark' ? chosen : null;
}

export function currentTheme(): Theme {
  return chosenTheme() ?? (systemIsDark.matches ? 'dark' : 'light');
}

function apply(): void {
  document.documentElement.dataset.theme = currentTheme();
}

/** Before the first paint; `onChange` is told when the system's theme changes what is shown. */
export function followSystemTheme(onChange: () => void): () => void {
  const change = () => {
    apply();
    onChange();
  };
  systemIsDark.addEventListener('change', change);
  return () => systemIsDark.removeEventListener('change', change);
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(key, theme);
  apply();
}

apply();
