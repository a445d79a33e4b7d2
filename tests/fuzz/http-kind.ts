import { accountKey, ConnectError, parseTarget, userNameForms } from '@winmedic/core/connection';
import { challengesOf, type HttpResponse, headerOf, schemesOf, tokenOf } from '@winmedic/wsman';
import { HttpAnswerReader, NotHttp } from '../../core/connection/http-answer.ts';
import { Sieve } from '../../core/connection/sieve.ts';
import { authorityOf, type ChallengeNames, domainMeaning, isDomainMember } from '../../core/connection/user-name-forms.ts';
import type { Kind } from './kind.ts';
import type { Random } from './random.ts';
import { mutateText } from './text-mutations.ts';
import { type Counts, checkSane, isDocumented, survives, type WireSeed, wireKind } from './wire.ts';

const ANSWERS: readonly (readonly [name: string, text: string])[] = [
  [
    'with length',
    'HTTP/1.1 401 \r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic realm="WSMAN"\r\nServer: Microsoft-HTTPAPI/2.0\r\nContent-Length: 5\r\n\r\nhello',
  ],
  ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n'],
  ['until close', 'HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/html\r\n\r\n<html>'],
  ['after another', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  [
    'with a token',
    'HTTP/1.1 401 x\nWWW-Authenticate: Negotiate TlRMTVNTUAACAAAA, Kerberos,\n Basic realm="a, \\"b"\nContent-Length: 0\n\n',
  ],
  ['of a proxy', 'HTTP/1.1 407 x\r\nVia: 1.1 proxy\r\nProxy-Authenticate: Basic\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
];
const TARGETS = [
  'hv01',
  'hv01.corp.example:5985',
  '[fe80::1%eth0]:5986',
  '::1',
  'https://hv01:443/wsman',
  'http://10.0.0.1-20/',
  '10.0.0.0/24',
  'ホスト.example',
];
const USERS = ['alice', 'CORP\\alice', '.\\alice', 'alice@corp.example', 'corp.example@alice', 'alice\\CORP', '@', '\\', ''];
const NAMES: readonly (ChallengeNames | undefined)[] = [
  undefined,
  {},
  { computerName: 'HV01', dnsComputerName: 'hv01.corp.example', domain: 'CORP', dnsDomain: 'corp.example', forest: 'corp.example' },
  { computerName: 'HV01', domain: 'HV01' },
];

/** HTTP answers in pieces, headers of a login, targets and user names as typed. */
export function httpKind(): Kind {
  const text = (name: string, value: string, read: WireSeed['read']): WireSeed => ({
    name,
    bytes: Buffer.from(value),
    change: mutateText,
    read,
  });
  return wireKind(
    'http',
    [
      ...ANSWERS.map(([name, value]) => text(`answer ${name}`, value, readAnswer)),
      ...TARGETS.map((target) => text(`target ${target}`, target, readTarget)),
      ...USERS.map((user) => text(`user ${user}`, user, readUser)),
    ],
    { extension: 'txt' },
  );
}

/** Reads an answer in pieces of some size; what comes of it. */
function pieces(bytes: Uint8Array, sizes: () => number): { answer?: HttpResponse; refused?: true } {
  const reader = new HttpAnswerReader();
  try {
    for (let at = 0; at < bytes.length; ) {
      const size = sizes();
      if (reader.push(bytes.subarray(at, at + size))) return { answer: reader.answer() };
      at += size;
    }
    return reader.end() ? { answer: reader.answer() } : {};
  } catch (error) {
    if (!isDocumented(error, [NotHttp])) throw error;
    return { refused: true };
  }
}

function readAnswer(bytes: Uint8Array, random: Random): Counts {
  const whole = pieces(bytes, () => Math.max(1, bytes.length));
  const cut = pieces(bytes, () => 1 + random.below(random.pick([1, 3, 50])));
  // Where pieces end must not decide what an answer is.
  if (JSON.stringify(whole) !== JSON.stringify(cut)) throw new Error('an answer that depends on its pieces');
  const { answer } = whole;
  if (answer === undefined) return whole.refused ? { refused: 1 } : { incomplete: 1 };
  checkSane(answer, bytes.length);
  const challenges = challengesOf(answer);
  checkSane([challenges, schemesOf(answer), headerOf(answer, 'server')], bytes.length);
  for (const scheme of ['Negotiate', 'Kerberos', '__proto__']) checkSane(tokenOf(answer, scheme), bytes.length);
  const sieve = new Sieve();
  sieve.addText('hello!');
  if (sieve.text(Buffer.from(answer.body).toString('latin1')).includes('hello!')) throw new Error('a secret came through the sieve');
  return { read: 1 };
}

function readTarget(bytes: Uint8Array, random: Random): Counts {
  const via = random.pick(['winrm', 'dcom', 'rdp'] as const);
  return survives(
    () => {
      const target = parseTarget(Buffer.from(bytes).toString(), { via, https: random.below(2) === 0 });
      if (target.host === '' || target.host.length > 255 || !(target.port >= 1 && target.port <= 65_535))
        throw new Error('a target that is none');
      // Whoever writes the Host header and the request line trusts this.
      if ([...(target.path + target.host)].some((character) => character <= ' ')) throw new Error('a target that could end a header');
      return target;
    },
    bytes.length,
    ConnectError,
  );
}

function readUser(bytes: Uint8Array): Counts {
  const typed = Buffer.from(bytes).toString();
  let choices = 0;
  for (const names of NAMES) {
    const forms = userNameForms(typed, names);
    checkSane(forms, bytes.length);
    if (forms.choices.length === 0 || forms.choices.length > 12) throw new Error(`${forms.choices.length} forms of one name`);
    choices += forms.choices.length;
    for (const choice of forms.choices) {
      checkSane([authorityOf(choice, names, 'hv01'), names && domainMeaning(choice.domain, names), isDomainMember(names)], bytes.length);
    }
  }
  accountKey(typed);
  return { choices };
}
