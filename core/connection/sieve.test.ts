import { expect, it } from 'vitest';
import { Sieve } from './sieve.ts';

it('covers a secret in text and bytes, also in base64, hexadecimal and UTF-16', () => {
  const sieve = new Sieve();
  sieve.addText('p4ssw0rd');
  const base64 = Buffer.from('p4ssw0rd').toString('base64');
  const wide = Buffer.from('p4ssw0rd', 'utf16le');
  for (const form of ['p4ssw0rd', base64, Buffer.from('p4ssw0rd').toString('hex'), wide.toString('base64')])
    expect(sieve.text(`a ${form} b`)).toBe('a ******** b');
  const bytes = Buffer.concat([Buffer.from('x'), wide, Buffer.from('y p4ssw0rd')]);
  const covered = Buffer.from(sieve.bytes(bytes));
  expect(covered.includes('p4ssw0rd')).toBe(false);
  expect(covered.includes(wide)).toBe(false);
  expect(covered.length).toBe(bytes.length);
});

it('leaves other text alone, and does not mark short secrets by their gaps', () => {
  const sieve = new Sieve();
  sieve.addText('a');
  expect(sieve.text('banana')).toBe('banana');
});

it('covers a secret that a page, a URL or JSON gives back', () => {
  const sieve = new Sieve();
  const secret = 'p4ss"&<w0rd é!';
  sieve.addText(secret);
  const forms = [
    'p4ss"&amp;&lt;w0rd é!',
    'p4ss&quot;&amp;&lt;w0rd é!',
    'p4ss"&#38;&#60;w0rd é!',
    encodeURIComponent(secret),
    'p4ss%22%26%3Cw0rd+%C3%A9%21',
    JSON.stringify(secret).slice(1, -1),
  ];
  for (const form of forms) expect(sieve.text(`a ${form} b`)).toBe('a ******** b');
});
