/** Where models come from: the hub's address and an access token, which goes to the worker and never comes back. */
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { useStudio, useStudioState } from '../store/context';
import { Disclosure } from './Disclosure';
import { TextField } from './fields';

export function HubSettings() {
  const studio = useStudio();
  const hub = useStudioState((s) => s.library?.hub);
  const [endpoint, setEndpoint] = useState<string | null>(null);
  const [token, setToken] = useState('');
  const [hosts, setHosts] = useState<string | null>(null);
  if (!hub) return null;
  const save = () => {
    void studio.setHub(endpoint ?? hub.endpoint, {
      ...(token.trim() === '' ? {} : { token: token.trim() }),
      ...(hosts === null ? {} : { downloadHosts: hosts }),
    });
    setToken('');
    setEndpoint(null);
    setHosts(null);
  };
  const kept = hub.downloadHosts.join(' ');
  const isMoved = endpoint !== null && endpoint !== hub.endpoint;
  const isChanged = token.trim() !== '' || isMoved || (hosts !== null && hosts !== kept);
  return (
    <Disclosure title="Access token and mirror">
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
        <TextField
          label="Download hosts"
          value={hosts ?? (isMoved ? '' : kept)}
          placeholder="The usual ones of this address"
          help="Where the hub may send a download on to. Apart by spaces; empty for the usual ones."
          onChange={setHosts}
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
              onClick={() => void studio.setHub(hub.endpoint, { token: null })}
            >
              Forget the token
            </button>
          )}
        </div>
      </div>
    </Disclosure>
  );
}
