/** Where models come from: the hub's address and an access token, which goes to the worker and never comes back. */
import { ChevronRight, KeyRound } from 'lucide-react';
import { useState } from 'react';
import { useStudio, useStudioState } from '../store/context';
import { TextField } from './fields';

export function HubSettings() {
  const studio = useStudio();
  const hub = useStudioState((s) => s.library?.hub);
  const [endpoint, setEndpoint] = useState<string | null>(null);
  const [token, setToken] = useState('');
  if (!hub) return null;
  const save = () => {
    void studio.setHub(endpoint ?? hub.endpoint, token.trim() === '' ? undefined : token.trim());
    setToken('');
    setEndpoint(null);
  };
  const isChanged = token.trim() !== '' || (endpoint !== null && endpoint !== hub.endpoint);
  return (
    <details className="disclosure">
      <summary>
        <ChevronRight size={14} aria-hidden /> Access token and mirror
      </summary>
      <div className="hub-settings">
        <TextField
          label="Hub address"
          value={endpoint ?? hub.endpoint}
          placeholder="https://huggingface.co"
          help="A mirror’s base address, as HF_ENDPOINT takes it."
          onChange={setEndpoint}
          onEnter={save}
        />
        <TextField
          label="Access token"
          type="password"
          value={token}
          placeholder={hub.hasToken ? 'A token is kept' : 'hf_…'}
          help="For private or gated models. Kept in this browser only, sent to this address alone, and forgotten when another host is saved."
          onChange={setToken}
          onEnter={save}
        />
        <div className="actions">
          <button type="button" className="button small" disabled={!isChanged} onClick={save}>
            <KeyRound size={13} aria-hidden /> Save
          </button>
          {hub.hasToken && (
            <button
              type="button"
              className="button small"
              onClick={() => void studio.setHub(hub.endpoint, null)}
            >
              Forget the token
            </button>
          )}
        </div>
      </div>
    </details>
  );
}
