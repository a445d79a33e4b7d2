import type { KerberosLogin } from '@winmedic/kerberos';
import type { Localized } from '@winmedic/knowledge/model';
import { say } from './text.ts';

/** What is known of one account during a run. */
interface Account {
  readonly name: string;
  /** Checks sent so far, whatever came of them. */
  checks: number;
  /** Checks that were rejected or ended without an answer, and the one under way: each may count towards a lockout. */
  unproven: number;
  /** Who accepted the credential: a domain, realm or host. */
  readonly accepted: Set<string>;
  stopped: Localized | undefined;
  /** A lease whose credential nobody has accepted yet is out; the others wait for how it ends. */
  busy: boolean;
  waiting: (() => void)[];
}

/** How a credential check ended: `unknown` when the connection broke before the answer, `unsent` when it came to nothing before it was sent. */
export type CheckOutcome = 'accepted' | 'rejected' | 'unknown' | 'unsent';
/** Why nothing may be sent: the checks allowed are used up, the password was rejected in this run, the run was stopped. */
export type HeldWhy = 'budget' | 'rejected-elsewhere' | 'stopped';
/** A login that must not be tried. */
export interface Held {
  readonly why: HeldWhy;
  readonly held: Localized;
}

/** Leave to check one credential at one authority. {@link CredentialLease.release} must be called. */
export interface CredentialLease {
  /** Counts one check that is about to be sent. False: it must not be sent. */
  take(): boolean;
  /** What came of the check taken last. @param authority who accepted it, when not the one the lease was for. */
  settle(outcome: CheckOutcome, authority?: string): void;
  /** Gives way to the next one; after a rejection without a later acceptance the account is stopped. */
  release(): void;
}

/**
 * Keeps an account from being locked out by a run. Per account (by user, whatever the spelling of the domain):
 * - until somebody accepted the credential, one host at a time checks it, and all others wait: in a fleet the first host runs alone;
 * - checks that were not accepted (rejected, unanswered or under way) never exceed `1 + furtherForms`, over all hosts, schemes, forms,
 *   Kerberos pre-authentication and NTLM together;
 * - a rejection stops the account everywhere, also for attempts that wait already;
 * - where it was accepted (the domain or realm, or that host for a local account) further hosts of the same authority go in parallel. An
 *   acceptance by one authority proves nothing for another: there again one host goes alone.
 *
 * Checks that succeeded are counted in {@link CredentialBudget.checks} as well.
 */
export class CredentialBudget {
  readonly #allowed: number;
  readonly #accounts = new Map<string, Account>();
  readonly #tickets = new WeakMap<object, Map<string, KerberosLogin>>();

  /** @param furtherForms user-name forms that may be tried after a rejected one, default 0. */
  constructor(furtherForms = 0) {
    this.#allowed = 1 + Math.max(0, Math.floor(furtherForms));
  }

  /**
   * Ticket-granting tickets got with a credential, by principal: one check at the KDC for all hosts of the run. They belong to the very credential
   * that was proved, not to the account.
   */
  ticketsOf(credential: object): Map<string, KerberosLogin> {
    let tickets = this.#tickets.get(credential);
    if (tickets === undefined) {
      tickets = new Map();
      this.#tickets.set(credential, tickets);
    }
    return tickets;
  }

  /** Checks sent by account (user, lower case), successful ones included. */
  get checks(): ReadonlyMap<string, number> {
    return new Map([...new Set(this.#accounts.values())].map((account) => [account.name, account.checks]));
  }

  /** Was the credential of this account accepted anywhere, and not rejected since? */
  isAccepted(name: string): boolean {
    const account = this.#accounts.get(accountKey(name));
    return account !== undefined && account.accepted.size > 0 && account.stopped === undefined;
  }

  /**
   * Waits for leave to check the account.
   * @param names the user as typed and as sent: whatever of it is known already belongs to the same account.
   * @param authority who will judge: DNS name of the domain, realm, or name of the host; compared without case.
   * @returns the lease, or the reason why nothing may be sent.
   */
  async acquire(names: readonly string[], authority: string, signal?: AbortSignal): Promise<CredentialLease | Held> {
    const account = this.#accountOf(names);
    const who = authority.toLowerCase();
    for (;;) {
      if (signal?.aborted) return { why: 'stopped', held: say('stopped before the login', 'ログオンの前に中止しました') };
      if (account.stopped !== undefined) return { why: 'rejected-elsewhere', held: account.stopped };
      if (account.accepted.has(who)) return this.#lease(account, who, false);
      if (!account.busy) break;
      await new Promise<void>((resolve) => {
        const go = () => {
          // Thousands of hosts wait on one signal: what stays there is never freed.
          signal?.removeEventListener('abort', go);
          resolve();
        };
        account.waiting.push(go);
        signal?.addEventListener('abort', go, { once: true });
      });
    }
    if (account.unproven >= this.#allowed) return { why: 'budget', held: this.#usedUp(account) };
    account.busy = true;
    return this.#lease(account, who, true);
  }

  #accountOf(names: readonly string[]): Account {
    const keys = names.map(accountKey);
    const known = keys.flatMap((key) => this.#accounts.get(key) ?? []);
    // Two spellings met before as two accounts: the one that has less left decides.
    const account = known.find(({ stopped }) => stopped !== undefined) ??
      known.sort((a, b) => b.unproven - a.unproven)[0] ?? {
        name: keys[0] ?? '',
        checks: 0,
        unproven: 0,
        accepted: new Set(),
        stopped: undefined,
        busy: false,
        waiting: [],
      };
    for (const key of keys) if (!this.#accounts.has(key)) this.#accounts.set(key, account);
    return account;
  }

  #usedUp(account: Account): Localized {
    return say(
      `${account.unproven} credential check(s) of ${account.name} in this run ended without acceptance; more are not allowed`,
      `この実行では ${account.name} の資格情報の照合 ${account.unproven} 回が受け入れられずに終わりました。これ以上は行いません`,
    );
  }

  #lease(account: Account, authority: string, alone: boolean): CredentialLease {
    let accepted = false;
    let rejected = false;
    let released = false;
    let open = false;
    const settle = (outcome: CheckOutcome, by = authority) => {
      if (!open) return;
      open = false;
      if (outcome === 'accepted' || outcome === 'unsent') account.unproven--;
      if (outcome === 'unsent') account.checks--;
      if (outcome === 'accepted') {
        accepted = true;
        account.accepted.add(by.toLowerCase());
      }
      if (outcome === 'rejected') {
        rejected = true;
        // Elsewhere the same credential is being used in parallel: stop at once, not when this lease ends.
        if (!alone) this.#stop(account);
      }
    };
    return {
      take: () => {
        settle('unknown');
        if (released || account.stopped !== undefined) return false;
        if (alone && account.unproven >= this.#allowed) return false;
        account.unproven++;
        account.checks++;
        open = true;
        return true;
      },
      settle,
      release: () => {
        if (released) return;
        settle('unknown');
        released = true;
        if (rejected && !accepted) this.#stop(account);
        if (alone) account.busy = false;
        for (const wake of account.waiting.splice(0)) wake();
      },
    };
  }

  #stop(account: Account): void {
    account.stopped ??= say(
      `the password of ${account.name} was rejected; the account is not tried again in this run`,
      `${account.name} のパスワードは拒否されました。この実行ではこのアカウントをもう試しません`,
    );
    for (const wake of account.waiting.splice(0)) wake();
  }
}

/** The user alone, in lower case: `CORP\Alice`, `alice@corp.example` and `.\ALICE` are one account as far as a lockout is concerned. */
export function accountKey(name: string): string {
  const text = name.trim().normalize('NFC').toLowerCase();
  const user = text.slice(text.lastIndexOf('\\') + 1);
  const at = user.lastIndexOf('@');
  return at > 0 ? user.slice(0, at) : user;
}
