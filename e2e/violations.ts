/**
 * Violations of the Content Security Policy, as the browser itself reports them: of pages, workers, workers of workers and service
 * workers, also those of before somebody listened.
 */
import type { Browser } from '@playwright/test';

export interface Violation {
  /** `page`, `worker`, `service_worker`. */
  readonly where: string;
  readonly directive: string;
  /** Empty where what was refused is no address. */
  readonly blocked: string;
}

/** A target's issue, as `Audits.issueAdded` of Chrome's DevTools protocol has it. */
interface Issue {
  readonly details: { readonly contentSecurityPolicyIssueDetails?: CspIssue };
}

interface CspIssue {
  readonly violatedDirective: string;
  readonly blockedURL?: string;
  readonly isReportOnly: boolean;
}

export class Violations {
  #seen: Violation[] = [];
  readonly #sessions: { readonly settle: () => Promise<unknown>; readonly detach: () => Promise<void> }[] =
    [];

  /** Every target of this browser, present and to come. */
  async watch(browser: Browser): Promise<void> {
    const session = await browser.newBrowserCDPSession();
    const types = new Map<string, string>();
    // Not flattened: so the messages of workers come through this one session, which Playwright gives no other for.
    session.on('Target.targetCreated', async ({ targetInfo: { type, targetId } }) => {
      if (!['page', 'worker', 'service_worker'].includes(type)) return;
      try {
        const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false });
        types.set(sessionId, type);
        const message = JSON.stringify({ id: 1, method: 'Audits.enable' });
        await session.send('Target.sendMessageToTarget', { sessionId, message });
      } catch {
        // It was gone before it could be asked.
      }
    });
    session.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => {
      const { method, params } = JSON.parse(message) as {
        readonly method?: string;
        readonly params?: { readonly issue: Issue };
      };
      const issue = method === 'Audits.issueAdded' && params!.issue.details.contentSecurityPolicyIssueDetails;
      if (!issue || issue.isReportOnly) return;
      const { violatedDirective: directive, blockedURL: blocked = '' } = issue;
      this.#seen.push({ where: types.get(sessionId) ?? 'unknown', directive, blocked });
    });
    await session.send('Target.setDiscoverTargets', { discover: true, filter: [{}] });
    this.#sessions.push({
      settle: () => session.send('Browser.getVersion').catch(() => undefined),
      detach: () => session.detach().catch(() => undefined),
    });
  }

  /** All since the last time, for a test that expects them. */
  async take(): Promise<readonly Violation[]> {
    // What the browser sent before its answer has come by then.
    for (const { settle } of this.#sessions) await settle();
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }

  async end(): Promise<void> {
    for (const { detach } of this.#sessions) await detach();
  }
}
