import type { KerberosError } from '@winmedic/kerberos';
import type { Localized } from '@winmedic/knowledge/model';
import type { WsmanSession } from '@winmedic/wsman';
import type { CredentialBudget, CredentialLease, Held } from './credential-budget.ts';
import type { FreeFacts } from './http-rungs.ts';
import { planKerberos } from './kerberos-login.ts';
import type { Ladder, RungEnd } from './ladder.ts';
import { type LoginEnd, type LoginParts, logIn, mayFallBack, noTicketWords, UNKNOWN_USER } from './login.ts';
import { chooseScheme, type LoginWay, type SchemeChoice, wayWords } from './scheme-choice.ts';
import { say } from './text.ts';
import {
  authorityOf,
  type ChallengeNames,
  domainMeaning,
  isDomainMember,
  type UserNameChoice,
  type UserNameForms,
  userNameForms,
} from './user-name-forms.ts';

/** How to log in, decided before anything is spent. */
interface LoginPlan {
  readonly choice: SchemeChoice;
  readonly forms: UserNameForms | undefined;
  readonly names: ChallengeNames | undefined;
}

/**
 * Rungs `schemes` and `login`.
 * @returns the session to go on with; undefined when there is none, the ladder then says why.
 */
export async function loginRungs(parts: LoginParts, facts: FreeFacts, budget: CredentialBudget): Promise<WsmanSession | undefined> {
  const { ladder, options } = parts;
  const { credential } = options;
  if (credential === undefined) {
    await ladder.climb('schemes', () => offeredEnd(facts));
    ladder.set('login.result', 'not-tried');
    ladder.skip(['login', 'rights', 'namespace', 'role'], say('no user was given', 'ユーザーの指定なし'));
    return undefined;
  }
  let plan: LoginPlan | undefined;
  if (
    !(await ladder.climb('schemes', async () => {
      plan = await planLogin(parts, facts);
      return schemesEnd(plan.choice, facts);
    })) ||
    plan === undefined
  ) {
    ladder.set('login.result', 'not-tried');
    return undefined;
  }
  let session: WsmanSession | undefined;
  await ladder.climb('login', async () => {
    const end = await loginRung(parts, plan as LoginPlan, budget);
    session = end.session;
    return end.rung;
  });
  // After a login that failed they are unreached; a login that was held back is no failure.
  if (session === undefined && ladder.failed === undefined)
    ladder.skip(['rights', 'namespace', 'role'], say('not logged in', 'ログオンしていない'));
  return session;
}

async function planLogin(parts: LoginParts, facts: FreeFacts): Promise<LoginPlan> {
  const { ladder, options } = parts;
  const { credential } = options;
  const auth = credential?.kind === 'certificate' ? 'Certificate' : options.auth;
  const names = facts.challenge?.message === undefined ? undefined : facts.challenge.names;
  const typed = credential !== undefined && 'typed' in credential ? credential.typed : '';
  const forms = credential !== undefined && 'typed' in credential ? userNameForms(typed, names) : undefined;
  ladder.account = { typed, form: forms?.form ?? 'empty', checks: 0 };
  if (forms !== undefined) {
    ladder.set('user.form', forms.choices[0]?.form ?? forms.form);
    const member = isDomainMember(names);
    if (member !== undefined) ladder.set('user.hostInDomain', member);
  }
  const mayKerberos = auth === undefined || auth === 'auto' || auth === 'Negotiate' || auth === 'Kerberos';
  const kerberos = mayKerberos ? await planKerberos(ladder, options, forms, names, auth === 'Kerberos') : undefined;
  if (kerberos !== undefined && 'not' in kerberos) {
    if (kerberos.kdc !== undefined && auth === 'Kerberos') ladder.set('kerberos.kdc', kerberos.kdc);
    if (auth === 'Kerberos') ladder.set('kerberos.stage', 'config');
    ladder.notChecked.push(say(`Kerberos was not tried: ${kerberos.not.en}`, `Kerberos は試していません: ${kerberos.not.ja}`));
  }
  const choice = chooseScheme(options, facts.offered, kerberos, ladder.transport === 'https');
  ladder.set('schemes.usable', choice.usable);
  return { choice, forms, names };
}

function offeredEnd({ offered }: FreeFacts): RungEnd {
  const list = offered.length === 0 ? say('no scheme', '認証方式なし') : say(offered.join(', '), offered.join(', '));
  return { verdict: 'passed', tried: say('read WWW-Authenticate', 'WWW-Authenticate を読む'), observed: list };
}

function schemesEnd(choice: SchemeChoice, { offered }: FreeFacts): RungEnd {
  const [first] = choice.ways;
  const list = offered.length === 0 ? '-' : offered.join(', ');
  const tried = say('choose among the schemes offered', '提示された認証方式から選択');
  if (first !== undefined) {
    const words = wayWords(first);
    return { verdict: 'passed', tried, observed: say(`offered: ${list}; taken: ${words.en}`, `提示: ${list}。選択: ${words.ja}`) };
  }
  const why = choice.usable
    ? (choice.notKerberos ?? say('the credential given does not fit', '指定された資格情報では使えない'))
    : undefined;
  return {
    verdict: 'failed',
    tried,
    observed: why === undefined ? say(`offered: ${list}`, `提示: ${list}`) : say(`offered: ${list}; ${why.en}`, `提示: ${list}。${why.ja}`),
    expected: say('a scheme that can be used with the credential given', '指定された資格情報で使える認証方式'),
  };
}

interface RungAndSession {
  readonly rung: RungEnd;
  readonly session?: WsmanSession;
}

async function loginRung(parts: LoginParts, plan: LoginPlan, budget: CredentialBudget): Promise<RungAndSession> {
  const { ladder, options } = parts;
  const before = ladder.account?.typed ?? '';
  if (before !== '' && budget.isAccepted(before)) ladder.set('account.acceptedElsewhere', true);
  let asked = plan;
  for (const way of plan.choice.ways) {
    if (way.scheme === 'Basic' && ladder.transport === 'http' && !options.allowCleartext) return heldClear(ladder);
    if (way.mechanism === 'kerberos') {
      const end = await tryKerberos(parts, way, plan, budget);
      if ('rung' in end) return end;
      const { noTicket } = end;
      const fallBack = plan.choice.ways.at(-1) === way || !mayFallBack(noTicket) ? undefined : afterNoTicket(plan, way, noTicket);
      if (fallBack === undefined) return { rung: noTicketEnd(ladder, way, noTicket) };
      asked = fallBack;
      ladder.notChecked.push(
        say(`${noTicketWords(noTicket).en}; NTLM was tried instead`, `${noTicketWords(noTicket).ja}。代わりに NTLM を試しました`),
      );
      continue;
    }
    if (way.mechanism === 'certificate') return endOf(ladder, way, undefined, await logIn(parts, way, undefined, undefined));
    return tryForms(parts, way, asked, budget);
  }
  return { rung: { verdict: 'failed', tried: say('nothing', 'なし'), observed: say('no way to log in', 'ログオンの手段がない') } };
}

/**
 * What to ask with NTLM after the KDC gave no ticket. When the domain of the host does not know the user, a bare name can only mean a local
 * account, and a name with that domain means nobody: nothing is tried then.
 */
function afterNoTicket(plan: LoginPlan, way: Extract<LoginWay, { mechanism: 'kerberos' }>, error: KerberosError): LoginPlan | undefined {
  const { forms, names } = plan;
  const own = names?.dnsDomain?.toUpperCase() === way.kerberos.realm;
  if (error.stage !== 'as' || error.krbError !== UNKNOWN_USER || !own || forms === undefined) return plan;
  const local = forms.choices.find(({ domain }) => domain !== '' && domain === names?.computerName);
  if (forms.form !== 'bare' || local === undefined) return undefined;
  const why = say(
    `the domain has no user of that name (KRB-ERROR ${UNKNOWN_USER}), so a local account of ${local.domain} is meant`,
    `ドメインにその名前のユーザーがいない (KRB-ERROR ${UNKNOWN_USER}) ため、${local.domain} のローカル アカウントとみなす`,
  );
  return { ...plan, forms: { ...forms, choices: [{ ...local, why }, ...forms.choices.filter((choice) => choice !== local)] } };
}

async function tryKerberos(
  parts: LoginParts,
  way: Extract<LoginWay, { mechanism: 'kerberos' }>,
  plan: LoginPlan,
  budget: CredentialBudget,
): Promise<RungAndSession | { readonly noTicket: KerberosError }> {
  const { ladder, options } = parts;
  const { kerberos } = way;
  noteUser(ladder, plan, { user: kerberos.user, domain: kerberos.realm }, true);
  const lease = kerberos.costs
    ? await ladder.time.without(() => budget.acquire([plan.forms?.user ?? '', kerberos.user], kerberos.realm, options.signal))
    : undefined;
  if (lease !== undefined && 'held' in lease) return { rung: heldEnd(ladder, lease) };
  const end = await counted(ladder, lease, (leave) => logIn(parts, way, undefined, leave));
  return end.noTicket === undefined ? endOf(ladder, way, undefined, end) : { noTicket: end.noTicket };
}

/** One form after the other, as many as the lease allows; each on a connection of its own. */
async function tryForms(parts: LoginParts, way: LoginWay, plan: LoginPlan, budget: CredentialBudget): Promise<RungAndSession> {
  const { ladder, options } = parts;
  const known = way.scheme === 'Basic' ? basicChoices(plan.forms) : (plan.forms?.choices ?? []);
  const choices = known.slice(0, 1 + (options.tryForms ?? 0));
  const [first] = choices;
  if (first === undefined) throw new TypeError('a user name');
  if (!/[^\s@\\]/.test(first.user)) {
    ladder.set('login.result', 'not-tried');
    return {
      rung: {
        verdict: 'failed',
        tried: say('nothing', 'なし'),
        observed: say('no user name was given', 'ユーザー名の指定なし'),
        expected: say('a user name', 'ユーザー名'),
      },
    };
  }
  const authority = authorityOf(first, plan.names, ladder.target.host);
  const lease = await ladder.time.without(() => budget.acquire([plan.forms?.user ?? '', first.user], authority, options.signal));
  if ('held' in lease) return { rung: heldEnd(ladder, lease) };
  const rejected: UserNameChoice[] = [];
  let last: RungAndSession | undefined;
  const checksOf = leaseCounter(lease);
  try {
    for (const choice of choices) {
      ladder.set('user.form', choice.form);
      noteUser(ladder, plan, choice);
      if (way.scheme === 'Basic' && (choice.form === 'bare' || choice.form === 'dot')) ladder.set('user.isLocal', true);
      const end = await logIn(parts, way, choice, checksOf.lease);
      if (end.result === undefined && last !== undefined) break;
      last = endOf(ladder, way, choice, end);
      if (end.outcome === 'accepted' && rejected.length > 0) ladder.set('user.acceptedForm', choice.form);
      if (end.outcome !== 'rejected') break;
      rejected.push(choice);
    }
  } finally {
    lease.release();
    if (ladder.account !== undefined) ladder.account.checks += checksOf.count();
  }
  if (rejected.length > 0 && last?.session === undefined) ladder.set('user.acceptedForm', '');
  return last as RungAndSession;
}

/** Basic has one field and takes local accounts only (Microsoft Learn, Authentication for Remote Connections): the name goes as typed, without `.\`. */
function basicChoices(forms: UserNameForms | undefined): UserNameChoice[] {
  if (forms === undefined) return [];
  const { form, user, domain } = forms;
  const name = form === 'upn' ? `${user}@${domain}` : form === 'down-level' || form === 'reversed' ? `${domain}\\${user}` : user;
  return [{ user: name, domain: '', form, why: say('as typed: Basic has one field', '入力どおり: 基本認証のフィールドは 1 つ') }];
}

async function counted(
  ladder: Ladder,
  lease: CredentialLease | undefined,
  work: (lease: CredentialLease | undefined) => Promise<LoginEnd>,
): Promise<LoginEnd> {
  if (lease === undefined) return work(undefined);
  const counter = leaseCounter(lease);
  try {
    return await work(counter.lease);
  } finally {
    lease.release();
    if (ladder.account !== undefined) ladder.account.checks += counter.count();
  }
}

/** Counts what one attempt sent. */
function leaseCounter(lease: CredentialLease): { readonly lease: CredentialLease; readonly count: () => number } {
  let count = 0;
  return {
    lease: {
      take: () => {
        const allowed = lease.take();
        if (allowed) count++;
        return allowed;
      },
      settle: (outcome, authority) => {
        if (outcome === 'unsent') count--;
        lease.settle(outcome, authority);
      },
      release: () => lease.release(),
    },
    count: () => count,
  };
}

/** Properties of the account as it is sent. */
function noteUser(
  ladder: Ladder,
  { names, forms }: LoginPlan,
  sent: { readonly user: string; readonly domain: string },
  realm = false,
): void {
  if (names === undefined) return;
  // The domain of a user principal name stands behind its @.
  const at = sent.user.lastIndexOf('@');
  const domain = sent.domain === '' && at > 0 ? sent.user.slice(at + 1) : sent.domain;
  const meaning = domainMeaning(domain, names);
  // A realm whose KDC answers is a domain, whether the host names it or not.
  if (meaning === 'other' && realm) return;
  ladder.set('user.domainIs', meaning);
  ladder.set('user.isLocal', meaning === 'computer' || (meaning === 'empty' && isDomainMember(names) === false));
  const user = domainMeaning(sent.user, names);
  ladder.set('user.swapped', meaning === 'other' && (user === 'domain' || user === 'dns-domain') && forms?.user !== sent.user);
}

function heldClear(ladder: Ladder): RungAndSession {
  const held = say(
    'Basic over plain HTTP would show the password to everybody on the way; it was not sent',
    'HTTP での基本認証はパスワードが経路上で読み取られるため、送信していない',
  );
  if (ladder.account !== undefined) ladder.account.held = held;
  ladder.set('login.held', 'cleartext');
  ladder.set('login.result', 'not-tried');
  return {
    rung: {
      verdict: 'failed',
      tried: say('nothing', 'なし'),
      observed: held,
      expected: say('HTTPS, or a scheme that encrypts', 'HTTPS、または暗号化する認証方式'),
    },
  };
}

function heldEnd(ladder: Ladder, { why, held }: Held): RungEnd {
  if (ladder.account !== undefined) ladder.account.held = held;
  if (why !== 'stopped') ladder.set('login.held', why);
  ladder.set('login.result', 'not-tried');
  ladder.notChecked.push(say(`login: ${held.en}`, `ログオン: ${held.ja}`));
  return { verdict: 'skipped', tried: say('nothing', 'なし'), observed: held };
}

function noTicketEnd(ladder: Ladder, way: LoginWay, error: KerberosError): RungEnd {
  ladder.set('login.held', '');
  ladder.set('login.mechanism', 'kerberos');
  ladder.set('login.result', error.krbError === 24 || error.code === 'KERBEROS_PASSWORD' ? 'rejected' : 'failed');
  ladder.set('login.step', 'kdc');
  if (ladder.account !== undefined) {
    ladder.account.scheme = way.scheme;
    ladder.account.mechanism = 'kerberos';
  }
  return {
    verdict: 'failed',
    tried: wayWords(way),
    observed: noTicketWords(error),
    expected: say('a ticket for the host', 'ホストのチケット'),
  };
}

function endOf(ladder: Ladder, way: LoginWay, choice: UserNameChoice | undefined, end: LoginEnd): RungAndSession {
  const { result } = end;
  if (result === undefined)
    return {
      rung: heldEnd(ladder, {
        why: 'budget',
        held: say('no further check of this account is allowed', 'このアカウントの確認はこれ以上許可されていない'),
      }),
    };
  ladder.set('login.held', '');
  const words = wayWords(way);
  const who = choice === undefined ? say('', '') : fieldsWords(choice);
  const tried = say(`${words.en}${who.en}`, `${words.ja}${who.ja}`);
  if (end.session !== undefined)
    return { rung: { verdict: 'passed', tried, observed: say('accepted', 'ログオン成功') }, session: end.session };
  return {
    rung: { verdict: 'failed', tried, observed: resultWords(result), expected: say('the login is accepted', 'ログオンが受け入れられる') },
  };
}

function fieldsWords({ user, domain, why }: UserNameChoice): Localized {
  return say(
    `; user field "${user}", domain field "${domain}": ${why.en}`,
    `。ユーザー フィールド「${user}」、ドメイン フィールド「${domain}」: ${why.ja}`,
  );
}

function resultWords({ outcome, status, offered }: NonNullable<LoginEnd['result']>): Localized {
  switch (outcome) {
    case 'rejected':
      return say(`${status ?? 401} in answer to the last token`, `最後のトークンに対し ${status ?? 401}`);
    case 'not-offered':
      return say(
        `${status ?? 401} to the first token, without a token; offered: ${offered.join(', ')}`,
        `最初のトークンに対し、トークンなしの ${status ?? 401}。提示: ${offered.join(', ')}`,
      );
    case 'dropped':
      return say('the connection broke during the login', 'ログオン中に接続が切れた');
    case 'unexpected':
      return say(`${status} during the login`, `ログオン中に ${status}`);
    default:
      return say(
        "the exchange could not be completed: the host's token was not acceptable",
        '交換を完了できない: ホストのトークンを受け入れられない',
      );
  }
}
