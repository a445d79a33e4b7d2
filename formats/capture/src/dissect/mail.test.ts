import { writeChallenge, writeNegotiate } from '@winmedic/ntlm/messages';
import { describe, expect, it } from 'vitest';
import { MAIL } from './mail.ts';
import { bytesOf, converse, random, type Said } from './test-stream.ts';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const one = base64(writeNegotiate({ flags: 0xe2088237 }));
const two = base64(writeChallenge({ flags: 0xe2888235, targetName: 'CORP', serverChallenge: new Uint8Array(8) }));
const kinds = (said: readonly Said[], options = {}) =>
  converse(MAIL, said, options).messages.map((message) => [
    message.from,
    message.frame,
    message.layer === 'mail' && message.token.ntlm?.kind,
  ]);

describe('logins', () => {
  it.each<[string, Said[]]>([
    [
      'SMTP',
      [
        ['server', '220 mx ESMTP\r\n'],
        ['client', 'AUTH NTLM\r\n'],
        ['server', '334 \r\n'],
        ['client', `${one}\r\n`],
        ['server', `334 ${two}\r\n`],
      ],
    ],
    [
      'SMTP, first answer at once',
      [
        ['client', 'EHLO a\r\n'],
        ['server', '250-AUTH NTLM\r\n250 OK\r\n'],
        ['client', `AUTH NTLM ${one}\r\n`],
        ['server', `334 ${two}\r\n`],
      ],
    ],
    [
      'IMAP',
      [
        ['server', '* OK IMAP4 ready\r\n'],
        ['client', 'a1 AUTHENTICATE NTLM\r\n'],
        ['server', '+ \r\n'],
        ['client', `${one}\r\n`],
        ['server', `+ ${two}\r\n`],
      ],
    ],
    [
      'POP3',
      [
        ['server', '+OK POP3\r\n'],
        ['client', 'AUTH NTLM\r\n'],
        ['server', '+ \r\n'],
        ['client', `${one}\r\n`],
        ['server', `+ ${two}\r\n`],
      ],
    ],
    [
      'a capture that starts late',
      [
        ['client', `${one}\r\n`],
        ['server', `334 ${two}\r\n`],
      ],
    ],
  ])('of %s show their tokens', (_, said) => {
    const frames = said.flatMap(([, what], i) => (typeof what === 'string' && (what.includes(one) || what.includes(two)) ? [i + 1] : []));
    const expected = [
      ['client', frames[0], 'negotiate'],
      ['server', frames[1], 'challenge'],
    ];
    expect(kinds(said)).toEqual(expected);
    const next = random(7);
    expect(kinds(said, { piece: () => 1 + Math.floor(next() * 5) })).toEqual(expected);
  });

  it('by password and mails themselves are left alone', () => {
    const said: Said[] = [
      ['client', 'AUTH PLAIN AHVzZXIAc2VjcmV0\r\n'],
      ['server', '235 OK\r\n'],
      ['client', 'AUTH LOGIN\r\ndXNlcg==\r\nc2VjcmV0\r\n'],
      ['client', 'YAAA\r\n'],
    ];
    expect(converse(MAIL, said).messages).toEqual([]);
  });

  it('are not looked for in the whole of a long mail', () => {
    const mail = 'a line of a mail\r\n'.repeat(40_000);
    expect(converse(MAIL, [['client', mail]], { piece: () => 1460 }).skipped.client).toBeGreaterThan(400_000);
  });
});

describe('STARTTLS', () => {
  it.each<[string, string, string]>([
    ['SMTP', 'STARTTLS\r\n', '220 ready\r\n'],
    ['IMAP', 'a2 STARTTLS\r\n', 'a2 OK begin\r\n'],
    ['POP3', 'STLS\r\n', '+OK begin\r\n'],
  ])('of %s goes on with TLS, when the server agrees', (_, asked, agreed) => {
    expect(
      converse(MAIL, [
        ['client', asked],
        ['server', agreed],
      ]).became,
    ).toEqual(['tls']);
    expect(
      converse(MAIL, [
        ['client', asked],
        ['server', '454 not now\r\n'],
        ['server', agreed],
      ]).became,
    ).toEqual([]);
    expect(converse(MAIL, [['server', agreed]]).became).toEqual([]);
  });
});

describe('is recognised', () => {
  const ask = (side: 'client' | 'server', text: string, server = 2525) => MAIL.recognise(side, bytesOf(text), { client: 50_000, server });
  it('by greeting, port and commands', () => {
    expect(ask('server', '220 mx.example.test ESMTP Postfix\r\n')).toBe('yes');
    expect(ask('server', '220 mx.example.test\r\n', 25)).toBe('yes');
    expect(ask('server', '220 FTP server ready\r\n', 21)).toBe('no');
    expect(ask('server', '220 something')).toBe('more');
    expect(ask('server', '22')).toBe('more');
    expect(ask('client', 'EHLO me\r\n')).toBe('yes');
    expect(ask('client', 'a1 CAPABILITY\r\n', 143)).toBe('yes');
    expect(ask('client', 'a1 CAPABILITY\r\n')).toBe('no');
    expect(ask('client', 'GET / HTTP/1.1\r\n', 25)).toBe('no');
  });
});
