/** Keeps what was typed and chosen in the form in this browser, for the next visit. Settings only: no text, no label, no row. */
import { formOf } from './store/form';
import { keptOf } from './store/kept-form';
import type { Studio } from './store/studio';

const key = 'adapter-studio-form';

/** Null where nothing was kept, or nothing can be read. */
export function keptForm(): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

export function keepForm({ store }: Studio): void {
  store.subscribe(({ form, description, askedRuns }, before) => {
    // Until all is listed the form may lack what was kept of it.
    if (!form || !description || askedRuns !== null) return;
    if (form === before.form && askedRuns === before.askedRuns) return;
    try {
      const opening = formOf(description.defaults, description.defaultDatasetId);
      localStorage.setItem(key, JSON.stringify(keptOf(form, opening)));
    } catch {
      // A private window without storage: the form is as long as the page.
    }
  });
}
