/** Whose work the studio is made of, and its terms: asked for when somebody looks. */
import { useState } from 'react';
import { fetchLicences, type Licence } from '../licences';

const titles: Readonly<Record<Licence['kind'], string>> = {
  studio: 'The studio',
  model: 'Base models that come with it',
  data: 'Data sets that come with it',
  package: 'Packages in it',
};

export function Footer() {
  const [licences, setLicences] = useState<readonly Licence[] | 'none' | null>(null);
  const load = () => void fetchLicences().then(setLicences, () => setLicences('none'));
  return (
    <footer className="footer">
      <details onToggle={({ currentTarget }) => currentTarget.open && !Array.isArray(licences) && load()}>
        <summary>Licences</summary>
        {licences === 'none' ? (
          <p className="muted">
            The list could not be read: the build writes it as licences.json, beside the page.
          </p>
        ) : (
          Object.entries(titles).map(([kind, title]) => (
            <LicenceList
              key={kind}
              title={title}
              licences={licences?.filter((entry) => entry.kind === kind) ?? []}
            />
          ))
        )}
      </details>
    </footer>
  );
}

function LicenceList({ title, licences }: { readonly title: string; readonly licences: readonly Licence[] }) {
  if (licences.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ul>
        {licences.map(({ name, version, licence, text }) => (
          <li key={`${name} ${version}`}>
            <details>
              <summary>
                {name} {version} <span className="muted">{licence}</span>
              </summary>
              {text ? <pre>{text}</pre> : <p className="muted">Its package has no text of its own.</p>}
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
