/** One line where the page's walls are not up, and what that means. Nothing where they are. */
import { ShieldOff } from 'lucide-react';
import { useStudioState } from '../store/context';

export function ProtectionLine() {
  const protection = useStudioState((s) => s.protection);
  if (protection !== 'none' && protection !== 'after-reload') return null;
  return (
    <div className="message" data-tone="warn" role="note" aria-label="Protection">
      <ShieldOff size={18} aria-hidden />
      {protection === 'none' ? (
        <p>
          <strong>This page is unprotected.</strong> Its server sends no security policy and this window lets
          the studio add none, so nothing would stop a faulty script from sending your texts elsewhere.
          Everything works; for private texts use <code>npm start</code>, or https in an ordinary window.
        </p>
      ) : (
        <>
          <p>
            <strong>This page is protected from its next load on.</strong> Until then no security policy keeps
            a faulty script from sending your texts elsewhere. What is stored stays.
          </p>
          <button type="button" className="button small" onClick={() => location.reload()}>
            Reload
          </button>
        </>
      )}
    </div>
  );
}
