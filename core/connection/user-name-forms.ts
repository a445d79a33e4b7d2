import type { Localized } from '@winmedic/knowledge/model';
import type { AccountUse } from '../model/connection.ts';
import { say } from './text.ts';

/** Names a host gives itself in an NTLM challenge (MS-NLMP 2.2.2.1); each may be absent. */
export interface ChallengeNames {
  readonly computerName?: string;
  readonly dnsComputerName?: string;
  readonly domain?: string;
  readonly dnsDomain?: string;
  readonly forest?: string;
  /** What TargetName names by the flags (MS-NLMP 2.2.2.5, bits N and O): the domain, or the server itself. */
  readonly targetType?: 'domain' | 'server';
}

/** What a name stands for on this host, by the challenge. */
export type DomainMeaning = 'computer' | 'domain' | 'dns-domain' | 'forest' | 'empty' | 'other';

/** One way to send an account. */
export interface UserNameChoice {
  readonly user: string;
  readonly domain: string;
  /** Form as it goes over the wire. */
  readonly form: AccountUse['form'];
  /** Why these fields. */
  readonly why: Localized;
}

/** A typed user name, understood. */
export interface UserNameForms {
  /** Form as typed: `reversed` is `domain@user` or `user\domain`, told by the names of the challenge. */
  readonly form: AccountUse['form'];
  readonly user: string;
  /** Domain part as typed, empty without one; `.` for the host itself. */
  readonly domain: string;
  /** First what is sent, then further forms in the order in which `--try-forms` takes them; no two are the same. */
  readonly choices: readonly UserNameChoice[];
}

/** Longer than any account name Windows accepts (user 256, domain 255 characters); guards what is put into messages. */
const MAX_NAME = 1024;

/**
 * Decides without trying what goes into which field of a login. With the host's own names (from its NTLM challenge) a local account is told from
 * one of the domain, and a reversed name is seen; without them the name is split as typed.
 * @param typed `user@domain`, `DOMAIN\user`, `.\user`, `user`, also with the parts the wrong way round.
 */
export function userNameForms(typed: string, names?: ChallengeNames): UserNameForms {
  const text = typed.trim().slice(0, MAX_NAME);
  const { form, user, domain } = split(text, names);
  const choices: UserNameChoice[] = [];
  const add = (choice: UserNameChoice) => {
    const known = choices.some((other) => same(other.user, choice.user) && same(other.domain, choice.domain));
    if (!known) choices.push(choice);
  };
  add(first(form, user, domain, text, names));
  if (form !== 'empty') {
    const asTyped = split(text, undefined);
    if (asTyped.form === 'upn')
      add({
        user: text,
        domain: '',
        form: 'upn',
        why: say('as typed: user principal name, empty domain', '入力どおり: ユーザー プリンシパル名、ドメインは空'),
      });
    else if (asTyped.form === 'down-level')
      add({ user: asTyped.user, domain: asTyped.domain, form: 'down-level', why: say('as typed', '入力どおり') });
    else if (asTyped.form === 'bare')
      add({ user, domain: '', form: 'bare', why: say('as typed, empty domain', '入力どおり、ドメインは空') });
    for (const choice of further(user, names)) add(choice);
  }
  return { form, user, domain, choices };
}

/** What the domain part of an account means on this host. For a user principal name with an empty domain give its suffix. */
export function domainMeaning(domain: string, names: ChallengeNames): DomainMeaning {
  if (domain === '') return 'empty';
  if (same(domain, names.computerName) || same(domain, names.dnsComputerName)) return 'computer';
  if (same(domain, names.domain)) return 'domain';
  if (same(domain, names.dnsDomain)) return 'dns-domain';
  return same(domain, names.forest) ? 'forest' : 'other';
}

/**
 * Does the host belong to a domain? A host of a workgroup gives its own name as that of the domain (as Windows answers; MS-NLMP leaves it open), or
 * says that its target is a server. Undefined when the challenge names too little.
 */
export function isDomainMember(names: ChallengeNames | undefined): boolean | undefined {
  if (names?.computerName === undefined || names.domain === undefined) return undefined;
  return names.targetType !== 'server' && !same(names.computerName, names.domain);
}

/** Who judges the account as sent: DNS name of the domain where the challenge tells it, the host for a local account. */
export function authorityOf(choice: Pick<UserNameChoice, 'user' | 'domain'>, names: ChallengeNames | undefined, host: string): string {
  const suffix = choice.domain === '' ? choice.user.slice(choice.user.lastIndexOf('@') + 1) : choice.domain;
  const domain = choice.domain === '' && !choice.user.includes('@') ? '' : suffix;
  const self = names?.dnsComputerName ?? names?.computerName ?? host;
  if (names === undefined) return domain === '' || domain === '.' ? self : domain;
  const meaning = domain === '.' ? 'computer' : domainMeaning(domain, names);
  if (meaning === 'computer' || isDomainMember(names) === false) return self;
  return meaning === 'domain' || meaning === 'dns-domain' || meaning === 'empty' ? (names.dnsDomain ?? names.domain ?? self) : domain;
}

function split(text: string, names: ChallengeNames | undefined): { form: AccountUse['form']; user: string; domain: string } {
  if (text === '') return { form: 'empty', user: '', domain: '' };
  const slash = text.indexOf('\\');
  if (slash >= 0) {
    const [before, after] = [text.slice(0, slash), text.slice(slash + 1)];
    if (before === '.') return { form: 'dot', user: after, domain: '.' };
    if (isKnown(after, names) && !isKnown(before, names)) return { form: 'reversed', user: before, domain: after };
    return { form: 'down-level', user: after, domain: before };
  }
  const at = text.lastIndexOf('@');
  if (at > 0 && at < text.length - 1) {
    const [before, after] = [text.slice(0, at), text.slice(at + 1)];
    if (isKnown(before, names) && !isKnown(after, names)) return { form: 'reversed', user: after, domain: before };
    return { form: 'upn', user: before, domain: after };
  }
  return { form: 'bare', user: text, domain: '' };
}

function first(form: AccountUse['form'], user: string, domain: string, text: string, names: ChallengeNames | undefined): UserNameChoice {
  const computer = names?.computerName ?? names?.dnsComputerName;
  const member = isDomainMember(names);
  if (form === 'empty') return { user: '', domain: '', form, why: say('no user name was given', 'ユーザー名の指定なし') };
  const meaning = names === undefined || domain === '.' ? undefined : domainMeaning(domain, names);
  if (form === 'dot' || meaning === 'computer') {
    if (computer !== undefined)
      return {
        user,
        domain: computer,
        form: form === 'upn' ? 'down-level' : form,
        why: say(
          `a local account: the host calls itself ${computer} in its NTLM challenge`,
          `ローカル アカウント: ホストは NTLM チャレンジで ${computer} と名乗っている`,
        ),
      };
    return {
      user,
      domain: '',
      form,
      why: say(
        "a local account; the host's own name is not known, so the domain is left empty",
        'ローカル アカウント。ホスト自身の名前が分からないため、ドメインは空',
      ),
    };
  }
  if (form === 'bare') {
    if (member === true && names?.domain !== undefined)
      return {
        user,
        domain: names.domain,
        form,
        why: say(
          `no domain was given and the host belongs to ${names.domain}: an account of that domain is meant (a local one is written ${computer}\\${user})`,
          `ドメインの指定がなく、ホストは ${names.domain} に属する: そのドメインのアカウントとみなす (ローカル アカウントは ${computer}\\${user} と書く)`,
        ),
      };
    if (member === false && computer !== undefined)
      return {
        user,
        domain: computer,
        form,
        why: say(
          `no domain was given and the host belongs to none: its own account`,
          'ドメインの指定がなく、ホストはドメインに属していない: ホスト自身のアカウント',
        ),
      };
    return {
      user,
      domain: '',
      form,
      why: say("no domain was given and the host's names are not known", 'ドメインの指定がなく、ホストの名前も分からない'),
    };
  }
  if (form === 'reversed')
    return {
      user,
      domain,
      form: 'down-level',
      why: say(
        `the parts were the wrong way round: ${domain} is a name of the host or its domain, so ${user} is the user`,
        `前後が逆: ${domain} はホストまたはそのドメインの名前なので、${user} がユーザー`,
      ),
    };
  if (form === 'upn') {
    if (meaning === 'domain')
      return {
        user,
        domain,
        form: 'down-level',
        why: say(
          `${domain} is the NetBIOS name of the domain, not a suffix of user principal names`,
          `${domain} はドメインの NetBIOS 名で、ユーザー プリンシパル名のサフィックスではない`,
        ),
      };
    return {
      user: text,
      domain: '',
      form,
      why: say('a user principal name goes whole into the user field', 'ユーザー プリンシパル名は全体をユーザー フィールドに入れる'),
    };
  }
  return { user, domain, form, why: say('as typed', '入力どおり') };
}

function further(user: string, names: ChallengeNames | undefined): UserNameChoice[] {
  const out: UserNameChoice[] = [];
  const computer = names?.computerName;
  if (computer !== undefined)
    out.push({
      user,
      domain: computer,
      form: 'down-level',
      why: say('as a local account of the host', 'ホストのローカル アカウントとして'),
    });
  if (isDomainMember(names) !== true) return out;
  if (names?.dnsDomain !== undefined)
    out.push({
      user: `${user}@${names.dnsDomain}`,
      domain: '',
      form: 'upn',
      why: say("as a user principal name of the host's domain", 'ホストのドメインのユーザー プリンシパル名として'),
    });
  if (names?.domain !== undefined)
    out.push({
      user,
      domain: names.domain,
      form: 'down-level',
      why: say("as an account of the host's domain", 'ホストのドメインのアカウントとして'),
    });
  return out;
}

function isKnown(name: string, names: ChallengeNames | undefined): boolean {
  if (names === undefined || name === '') return false;
  const meaning = domainMeaning(name, names);
  return meaning !== 'other' && meaning !== 'empty';
}

function same(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.toLowerCase() === b.toLowerCase();
}
