import { describe, expect, it } from 'vitest';
import { accountKey, CredentialBudget, type CredentialLease } from './credential-budget.ts';

async function lease(budget: CredentialBudget, name = 'CORP\\alice', authority = 'corp.example'): Promise<CredentialLease> {
  const got = await budget.acquire([name], authority);
  if ('held' in got) throw new Error(`held: ${got.held.en}`);
  return got;
}

describe('credential budget', () => {
  it('takes every spelling of a user for one account', () => {
    for (const name of ['CORP\\Alice', 'alice@corp.example', '.\\alice', 'ALICE', ' alice ', 'CORP\\alice@corp.example'])
      expect(accountKey(name), name).toBe('alice');
  });

  it('allows one check, and none after a rejection, whatever the form', async () => {
    const budget = new CredentialBudget();
    const first = await lease(budget);
    expect(first.take()).toBe(true);
    first.settle('rejected');
    expect(first.take()).toBe(false);
    first.release();
    expect(await budget.acquire(['alice@corp.example'], 'other.example')).toHaveProperty('held');
    expect(budget.checks).toEqual(new Map([['alice', 1]]));
  });

  it('lets further forms of the same attempt be checked, up to what was allowed', async () => {
    const budget = new CredentialBudget(2);
    const first = await lease(budget);
    for (const expected of [true, true, true, false]) {
      expect(first.take()).toBe(expected);
      first.settle('rejected');
    }
    first.release();
    expect(budget.checks.get('alice')).toBe(3);
  });

  it('makes all others wait for the first and stops them when it is rejected', async () => {
    const budget = new CredentialBudget(3);
    const first = await lease(budget);
    first.take();
    let ended = 0;
    const waiting = Array.from({ length: 50 }, () => budget.acquire(['alice'], 'corp.example').finally(() => ended++));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(ended).toBe(0);
    first.settle('rejected');
    first.release();
    for (const result of await Promise.all(waiting)) expect(result).toHaveProperty('held');
    expect(budget.checks.get('alice')).toBe(1);
  });

  it('lets the others go in parallel where it was accepted, counts them, and stops at a later rejection', async () => {
    const budget = new CredentialBudget();
    const first = await lease(budget);
    first.take();
    first.settle('accepted');
    first.release();
    const [second, third, fourth] = [await lease(budget), await lease(budget), await lease(budget)] as const;
    expect(second.take()).toBe(true);
    expect(third.take()).toBe(true);
    second.settle('rejected');
    expect(fourth.take()).toBe(false);
    third.settle('accepted');
    expect(await budget.acquire(['alice'], 'corp.example')).toHaveProperty('held');
    expect(budget.checks.get('alice')).toBe(3);
  });

  it('does not take the acceptance of one host for that of another', async () => {
    const budget = new CredentialBudget();
    const first = await lease(budget, 'admin', 'WEB01');
    first.take();
    first.settle('accepted');
    first.release();
    const second = await lease(budget, 'admin', 'WEB02');
    let third = false;
    const waiting = budget.acquire(['admin'], 'web03').then((got) => {
      third = true;
      return got;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(third).toBe(false);
    second.take();
    second.settle('rejected');
    second.release();
    expect(await waiting).toHaveProperty('held');
  });

  it('counts a check without an answer as used up', async () => {
    const budget = new CredentialBudget();
    const first = await lease(budget);
    first.take();
    first.release();
    expect(await budget.acquire(['alice'], 'corp.example')).toHaveProperty('held');
  });

  it('costs nothing when nothing was sent', async () => {
    const budget = new CredentialBudget();
    (await lease(budget)).release();
    expect((await lease(budget)).take()).toBe(true);
  });

  it('gives up waiting when the run is stopped', async () => {
    const budget = new CredentialBudget();
    await lease(budget);
    const stop = new AbortController();
    const waiting = budget.acquire(['alice'], 'corp.example', stop.signal);
    stop.abort();
    expect(await waiting).toHaveProperty('held');
  });
});
