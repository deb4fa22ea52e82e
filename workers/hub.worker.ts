/**
 * The worker that talks to the hub: it may reach the hosts that its address names, and is given nothing but addresses and the
 * hub's token.
 */
import { answerRequests } from '../src/storage/models/hub-port';
import { guardScripts } from '../src/trusted-scripts';

declare const self: DedicatedWorkerGlobalScope;

guardScripts(() => false);
answerRequests(self, self);
