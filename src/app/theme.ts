/** Light or dark: the person's choice if there is one, else the system's. */
import type { Studio } from './store/studio';

const key = 'adapter-studio-theme';
export type Theme = 'light' | 'dark';

function currentTheme(): Theme {
  const chosen = localStorage.getItem(key);
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** The page has the theme that the state has, and what is chosen is kept. */
export function followTheme(studio: Studio): void {
  const apply = (theme: Theme) => {
    document.documentElement.dataset.theme = theme;
  };
  studio.chooseTheme(currentTheme());
  apply(studio.store.getState().theme);
  studio.store.subscribe(({ theme }, before) => {
    if (theme === before.theme) return;
    localStorage.setItem(key, theme);
    apply(theme);
  });
}
