import { describe, expect, it } from 'vitest';
import { diagnosisToMarkdown } from './markdown.ts';
import { codeSpan, escapeMarkdown } from './markdown-text.ts';
import { emptyFixture, fixture, HOSTILE, META } from './test-fixture.ts';

const markdown = diagnosisToMarkdown(fixture, { ...META, lang: 'en' });

describe('the Markdown report', () => {
  it('tells verdict, stops, chain, what was ruled out and how it was made', () => {
    expect(markdown).toMatch(/^# Why RDS01, DC01 stopped\n\n\*\*Verdict\*\* ◐ \*\*likely\*\*/);
    for (const heading of [
      '## Stops',
      '### Chain of evidence (RDS01\\#3)',
      '### Ruled out',
      '## Often suspected: what the evidence says',
      '## How this report was made',
      '## Appendix: raw records',
    ])
      expect(markdown).toContain(`\n${heading}\n`);
    expect(markdown).toContain('| RDS01\\#1 | 2018-06-28 17:40:11 +09:00 | power off |');
  });

  it('lists the stops by time', () => {
    const order = [...markdown.matchAll(/^\| (\w+)\\#(\d) \|/gm)].map((match) => `${match[1]}#${match[2]}`);
    expect(order).toEqual(['RDS01#1', 'RDS01#2', 'DC01#1', 'RDS01#3', 'RDS01#4']);
  });

  it('keeps every table row at the width of its head', () => {
    const cells = (line: string): number => line.replace(/\\\|/g, '').split('|').length;
    const lines = markdown.split('\n');
    let width = 0;
    let rows = 0;
    lines.forEach((line, i) => {
      if (!line.startsWith('|')) return;
      if (!lines[i - 1]?.startsWith('|')) width = cells(line);
      expect(cells(line), line).toBe(width);
      rows++;
    });
    expect(rows).toBeGreaterThan(20);
  });

  it('is whole in Japanese and for an empty case', () => {
    expect(diagnosisToMarkdown(fixture, { ...META, lang: 'ja' })).toContain('## よく疑われる原因と、証拠が示すこと');
    expect(diagnosisToMarkdown(emptyFixture, { ...META, lang: 'en' })).toContain('The inputs held no record this diagnosis can use.');
  });
});

describe('escaping', () => {
  it('lets no markup, link, table cell or HTML come out of a log', () => {
    const out = escapeMarkdown(HOSTILE);
    expect(out).not.toContain('<');
    expect(out).not.toMatch(/(?<!\\)[[\]*`|_]/);
    expect(out).not.toContain('\u202e');
    expect(escapeMarkdown('https://example.invalid')).not.toContain('https://');
    expect(escapeMarkdown('- 1')).toBe('\\- 1');
    expect(escapeMarkdown('1. x')).toBe('1\\. x');
  });

  it('fences code longer than the backticks inside', () => {
    expect(codeSpan('a')).toBe('`a`');
    expect(codeSpan('a``b')).toBe('```a``b```');
    expect(codeSpan('`x`')).toBe('`` `x` ``');
  });
});
