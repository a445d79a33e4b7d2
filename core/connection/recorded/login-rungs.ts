import type { Localized } from '@winmedic/knowledge/model';
import type { NtlmAuthenticate } from '@winmedic/ntlm/messages';
import type { AccountUse, LoginSchemeName } from '../../model/connection.ts';
import { noteSkew, setClock } from '../clock.ts';
import { hex } from '../login.ts';
import { namesOf, notePortrait } from '../ntlm-challenge.ts';
import { say } from '../text.ts';
import { type ChallengeNames, domainMeaning, isDomainMember } from '../user-name-forms.ts';
import { type AttemptDraft, cut } from './draft.ts';
import type { HttpTalk, LoginSeen } from './exchanges.ts';
import { placeOf } from './place.ts';

/** Rungs `schemes` and `login`. @returns the login, when it was accepted or its end is not shown but operations follow. */
export function loginRungs(draft: AttemptDraft, talks: readonly HttpTalk[]): 'accepted' | 'failed' | 'hidden' {
  const logins = talks.flatMap((talk) => talk.logins);
  // A first token alone proves nothing: whoever reads the challenge and leaves did not log in.
  const tried = logins.filter(
    (each) => each.outcome !== 'open' || each.checks > 0 || each.kerberos !== undefined || each.scheme === 'CredSSP',
  );
  const login = tried.findLast(({ outcome }) => outcome !== 'open') ?? tried.at(-1);
  const offered = draft.ladder.portrait.schemes;
  noteChallenge(draft, logins, login);
  if (login === undefined) {
    if (offered !== undefined) schemesRung(draft, offered, undefined);
    const served = talks.some(({ operations }) => operations.length > 0);
    const late = talks.some(({ talk }) => talk.conversation.unknown.includes('late-start'));
    const why = !served
      ? logins.length > 0
        ? say('a login began, its last token is not in the capture', 'ログオンは始まったが、最後のトークンがキャプチャに含まれていない')
        : say('no login is in the capture', 'キャプチャにログオンが含まれていない')
      : late
        ? say('the login was before the capture began', 'ログオンはキャプチャの開始より前')
        : say('operations without a login', 'ログオンなしの操作');
    if (offered === undefined) draft.hide('schemes', why);
    draft.hide('login', why);
    return served ? 'accepted' : 'hidden';
  }
  const [first] = login.exchanges;
  if (first?.request !== undefined) draft.see(placeOf(login.talk, first.request));
  draft.set('client.scheme', login.scheme);
  if (login.mechanism !== undefined) draft.set('login.mechanism', login.mechanism);
  draft.set('login.held', '');
  noteAccount(draft, login, logins);
  const usable = usableOf(login, offered);
  if (usable !== undefined) draft.set('schemes.usable', usable);
  schemesRung(draft, offered, login, usable);
  if (login.outcome === 'open') {
    draft.hide('login', say('the capture does not show how the login ended', 'ログオンの結果がキャプチャに含まれていない'));
    return 'hidden';
  }
  noteEnd(draft, login);
  if (usable === false) return 'failed';
  return loginRung(draft, login);
}

function usableOf(login: LoginSeen, offered: readonly string[] | undefined): boolean | undefined {
  if (login.challenge !== undefined || login.outcome === 'accepted') return true;
  if (offered === undefined) return undefined;
  const offers = (scheme: LoginSchemeName) => offered.some((each) => each.toLowerCase() === scheme.toLowerCase());
  // NTLM and Kerberos go within Negotiate as well.
  return offers(login.scheme) || ((login.scheme === 'NTLM' || login.scheme === 'Kerberos') && offers('Negotiate'));
}

function schemesRung(draft: AttemptDraft, offered: readonly string[] | undefined, login: LoginSeen | undefined, usable?: boolean): void {
  const tried = say('read WWW-Authenticate', 'WWW-Authenticate を読む');
  const list =
    offered === undefined
      ? undefined
      : offered.length === 0
        ? say('no scheme', '認証方式なし')
        : say(offered.join(', '), offered.join(', '));
  if (login === undefined) {
    if (list !== undefined) draft.rung('schemes', { verdict: 'passed', tried, observed: list });
    return;
  }
  const taken = say(`the client uses ${login.scheme}`, `クライアントは ${login.scheme} を使用`);
  const observed = list === undefined ? taken : say(`offered: ${list.en}; ${taken.en}`, `提示: ${list.ja}。${taken.ja}`);
  if (usable === false)
    draft.rung('schemes', { verdict: 'failed', tried, observed, expected: say('a scheme that is offered', '提示された認証方式') });
  else draft.rung('schemes', { verdict: 'passed', tried, observed });
}

/** The host as it calls itself, from the first challenge of the stretch, or that of the login. */
function noteChallenge(draft: AttemptDraft, logins: readonly LoginSeen[], login: LoginSeen | undefined): void {
  const seen = login?.challenge === undefined ? logins.find(({ challenge }) => challenge !== undefined) : login;
  if (seen?.challenge === undefined) return;
  draft.see(placeOf(seen.talk, seen.challenge.in));
  noteHost(draft, seen.challenge.message);
  if (draft.get('http.windows') === 'true') draft.setFirst('wsman.vendor', 'microsoft');
}

/** Portrait, flags and clock of an NTLM challenge. @returns the names in it. */
export function noteHost(draft: AttemptDraft, message: Parameters<typeof namesOf>[0]): ChallengeNames {
  const names = namesOf(message);
  notePortrait(draft.ladder, message, names);
  for (const name of [names.computerName, names.dnsComputerName]) if (name !== undefined) draft.names.add(name.toLowerCase());
  return names;
}

/** The form of an account as its fields were sent. */
export function formOf({ user, domain }: Pick<NtlmAuthenticate, 'user' | 'domain'>): AccountUse['form'] {
  if (user === '') return 'empty';
  if (domain === '.') return 'dot';
  if (domain !== '') return 'down-level';
  return user.lastIndexOf('@') > 0 ? 'upn' : 'bare';
}

/**
 * A name of which a redaction left only the length: each byte but zero became `x` (`names: 'mask'` of formats/capture), in UTF-16 or in one byte; of a message
 * it could not take apart, everything became zero.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for
const MASKED = /^[x\u7800\u7878\u0000]+$/;

/** Were the names taken out of this message? Then they say nothing of their form. */
function isMasked({ user, domain, workstation }: NtlmAuthenticate): boolean {
  const given = [user, domain, workstation].filter((name) => name !== '');
  return given.length > 0 && given.every((name) => MASKED.test(name));
}

/** Properties of an NTLM type 3 message: the account as it was put into its fields, the response's kind, MIC and channel binding. */
export function noteAuthenticate(draft: AttemptDraft, message: NtlmAuthenticate, names: ChallengeNames | undefined): void {
  const { user, domain } = message;
  draft.set('ntlm.response', message.response === 'v1-ess' ? 'v1' : message.response);
  // What stands in a response that cannot be read is not known: neither that something is there nor that it is not.
  if (message.damages.length === 0 && (message.response !== 'v2' || message.clientChallenge !== undefined)) {
    draft.set('ntlm.mic', message.hasMic);
    draft.set('ntlm.cbt', message.channelBinding);
  }
  const masked = isMasked(message);
  if (!masked) draft.set('user.form', formOf(message));
  if (names === undefined || (names.computerName === undefined && names.domain === undefined)) return;
  const member = isDomainMember(names);
  if (member !== undefined) draft.set('user.hostInDomain', member);
  if (masked) return;
  // The domain of a user principal name stands behind its @.
  const at = user.lastIndexOf('@');
  const meaning = domain === '.' ? 'other' : domainMeaning(domain === '' && at > 0 ? user.slice(at + 1) : domain, names);
  draft.set('user.domainIs', meaning);
  if (domain !== '.') draft.set('user.isLocal', meaning === 'computer' || (meaning === 'empty' && member === false));
  const asDomain = domainMeaning(user, names);
  draft.set('user.swapped', meaning === 'other' && (asDomain === 'domain' || asDomain === 'dns-domain'));
}

/** The account as text, as people write it. */
export function typedOf(user: string, domain: string): string {
  return cut(domain === '' ? user : `${domain}\\${user}`);
}

/** The fields of a type 3 message as they are kept. */
export function sentOf({ user, domain, workstation }: NtlmAuthenticate): NonNullable<AccountUse['sent']> {
  return { user: cut(user), domain: cut(domain), ...(workstation === '' ? {} : { workstation: cut(workstation) }) };
}

function noteAccount(draft: AttemptDraft, login: LoginSeen, logins: readonly LoginSeen[]): void {
  const checks = logins.reduce((sum, each) => sum + each.checks, 0);
  const { scheme } = login;
  const common = { checks, scheme, ...(login.mechanism && { mechanism: login.mechanism }) };
  if (login.authenticate !== undefined) {
    const { message } = login.authenticate;
    draft.see(placeOf(login.talk, login.authenticate.in));
    noteAuthenticate(draft, message, login.challenge === undefined ? undefined : namesOf(login.challenge.message));
    draft.ladder.account = {
      typed: typedOf(message.user, message.domain),
      form: formOf(message),
      sent: sentOf(message),
      ...common,
    };
    return;
  }
  if (login.basicUser !== undefined) {
    const slash = login.basicUser.indexOf('\\');
    const [domain, user] = slash < 0 ? ['', login.basicUser] : [login.basicUser.slice(0, slash), login.basicUser.slice(slash + 1)];
    const form = formOf({ user, domain });
    draft.set('user.form', form);
    // A user principal name is never one of the host itself; of a domain part alone that is not known.
    if (form !== 'down-level') draft.set('user.isLocal', form !== 'upn');
    draft.ladder.account = { typed: cut(login.basicUser), form, sent: { user: cut(login.basicUser), domain: '' }, ...common };
  }
  if (login.kerberos !== undefined) {
    draft.see(placeOf(login.talk, login.kerberos.in));
    draft.set('kerberos.tokenBytes', login.kerberos.headerLength);
    const { message } = login.kerberos;
    if (message?.kind === 'AP-REQ') draft.set('kerberos.spn', message.ticket.service.parts.join('/'));
  }
}

function noteEnd(draft: AttemptDraft, login: LoginSeen): void {
  const { answer, outcome } = login;
  if (answer !== undefined) {
    draft.see(placeOf(login.talk, answer));
    draft.set('login.status', answer.status);
    draft.set('login.token', login.answerToken);
  }
  draft.set('login.result', outcome);
  if (outcome === 'accepted') draft.set('login.step', '');
  else if (login.step !== undefined) draft.set('login.step', login.step);
  if (login.mechanism === 'kerberos' && outcome !== 'accepted') draft.set('kerberos.stage', 'ap');
  if (login.kerberosError !== undefined) {
    const { message, in: at } = login.kerberosError;
    draft.see(placeOf(login.talk, at));
    noteKrbError(draft, message);
  }
}

/** Number, status and clock of a KRB-ERROR. */
export function noteKrbError(
  draft: AttemptDraft,
  message: { readonly error: number; readonly ntstatus: number | undefined; readonly serverTime: number },
): void {
  draft.set('kerberos.error', message.error);
  if (message.ntstatus !== undefined) {
    draft.set('kerberos.status', hex(message.ntstatus));
    draft.set('login.ntstatus', hex(message.ntstatus));
  }
  if (!Number.isFinite(message.serverTime)) return;
  setClock(draft.ladder, message.serverTime, 'kerberos');
  // The KDC may disagree with the host; the larger difference is what breaks tickets.
  const skew = Math.round((message.serverTime - Number(draft.ladder.now / 1_000_000n)) / 1000) || 0;
  if (Math.abs(skew) > Number(draft.get('clock.skewAbs') ?? 0)) noteSkew(draft.ladder, skew);
}

function loginRung(draft: AttemptDraft, login: LoginSeen): 'accepted' | 'failed' {
  const tried = loginTried(login);
  const { outcome } = login;
  if (outcome === 'accepted') {
    draft.rung('login', { verdict: 'passed', tried, observed: say('accepted', 'ログオン成功') });
    return 'accepted';
  }
  const status = login.answer?.status ?? 0;
  const observed: Localized =
    outcome === 'rejected'
      ? login.kerberosError === undefined
        ? say(`${status} in answer to the last token`, `最後のトークンに対し ${status}`)
        : say(
            `${status} with KRB-ERROR ${login.kerberosError.message.error}`,
            `${status} と KRB-ERROR ${login.kerberosError.message.error}`,
          )
      : outcome === 'refused-scheme'
        ? say(`${status} to the first token, without a token`, `最初のトークンに対し、トークンなしの ${status}`)
        : outcome === 'dropped'
          ? say('the connection broke during the login', 'ログオン中に接続が切れた')
          : say(`${status} during the login`, `ログオン中に ${status}`);
  draft.rung('login', { verdict: 'failed', tried, observed, expected: say('the login is accepted', 'ログオンが受け入れられる') });
  return 'failed';
}

function loginTried(login: LoginSeen): Localized {
  const mechanism = login.mechanism === undefined ? '' : { ntlm: 'NTLM', kerberos: 'Kerberos', basic: 'Basic' }[login.mechanism];
  const en = login.mechanism === 'basic' ? 'Basic' : `${mechanism} (scheme ${login.scheme})`.trim();
  const ja = login.mechanism === 'basic' ? '基本認証 (Basic)' : `${mechanism} (認証方式 ${login.scheme})`.trim();
  const { authenticate, basicUser } = login;
  if (authenticate !== undefined) {
    const { user, domain } = authenticate.message;
    return say(
      `${en}; user field "${user}", domain field "${domain}"`,
      `${ja}。ユーザー フィールド「${user}」、ドメイン フィールド「${domain}」`,
    );
  }
  return basicUser === undefined ? say(en, ja) : say(`${en}; user "${basicUser}"`, `${ja}。ユーザー「${basicUser}」`);
}
