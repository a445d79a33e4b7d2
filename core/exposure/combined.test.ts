import type { StateExpr } from '@winmedic/knowledge/model';
import { describe, expect, it } from 'vitest';
import { at, audited, finding, HOSTNAME, MadeEvidence, SOFTWARE, SYSTEM, server, setting } from './test-state.ts';

const A = `${SYSTEM}\\X!A`;
const B = `${SOFTWARE}\\X!B`;
const a = at(A, { id: 'a' });
const b = at(B, { id: 'b' });
const level = setting({ id: 'level' });
const LEVEL = `${SYSTEM}\\CurrentControlSet\\Control\\Demo!Level`;

const result = (evidence: MadeEvidence, when: StateExpr) => audited(evidence, [a, b, level], [finding(when)]).combined[0]!;
const onlySystem = (values: Record<string, string | null>) => new MadeEvidence().hive('SYSTEM', { [HOSTNAME]: 'A', ...values });

describe('combined findings', () => {
  const all: StateExpr = { all: [{ risky: 'a' }, { setting: 'b', is: 1 }] };

  it('hold when all parts do, and say why', () => {
    const found = result(server({ [A]: '0' }, { [B]: '1' }), all);
    expect(found.status).toBe('holds');
    expect(found.parts.map((p) => [p.setting, p.outcome])).toEqual([
      ['a', 'true'],
      ['b', 'true'],
    ]);
    expect(found.because).toEqual({ en: 'Level = 0: open, Level = 1: closed', ja: 'Level(日) = 0: open(日)、Level(日) = 1: closed(日)' });
  });

  it('do not hold when one part is false, even when another is unknown', () => {
    expect(result(onlySystem({ [A]: '1' }), all)).toMatchObject({
      status: 'does-not-hold',
      because: { en: 'Does not hold: Level = 1: closed' },
    });
  });

  it('are unknown when a part that decides is', () => {
    const found = result(onlySystem({ [A]: '0' }), all);
    expect(found.status).toBe('unknown');
    expect(found.parts.map((p) => p.outcome)).toEqual(['true', 'unknown']);
    expect(found.because.en).toBe('Not known: Level = not checked');
  });

  it('are possible when they hold only with a value that could be overridden', () => {
    const when: StateExpr = { all: [{ risky: 'a' }, { risky: 'level' }] };
    expect(result(onlySystem({ [A]: '0', [LEVEL]: '0' }), when)).toMatchObject({
      status: 'possible',
      because: { ja: expect.stringContaining('確実でない項目') as string },
    });
    expect(result(onlySystem({ [A]: '0', [LEVEL]: '1' }), when).status).toBe('unknown');
    expect(result(onlySystem({ [A]: '0', [LEVEL]: '0' }), { setting: 'level', is: 0 }).status).toBe('possible');
  });

  it('need only one part of several ways', () => {
    const any: StateExpr = { any: [{ risky: 'a' }, { risky: 'b' }] };
    expect(result(onlySystem({ [A]: '0' }), any).status).toBe('holds');
    expect(result(onlySystem({ [A]: '1' }), any).status).toBe('unknown');
  });

  it('turn round below a "not", also in what the parts contribute', () => {
    const found = result(server({ [A]: '1' }, {}), { not: { risky: 'a' } });
    expect(found).toMatchObject({ status: 'holds', parts: [{ setting: 'a', outcome: 'true' }] });
    expect(result(server({ [A]: '1' }, {}), { setting: 'a', not: 0 }).status).toBe('holds');
  });

  it('judge defaults as values, and presence as what is stored', () => {
    const nothing = server({ [A]: null }, {});
    expect(result(nothing, { setting: 'a', is: 1 }).status).toBe('holds');
    expect(result(nothing, { setting: 'a', present: false }).status).toBe('holds');
  });

  it('of a setting that does not exist are unknown', () => {
    expect(result(server({ [A]: '0' }, {}), { risky: 'constructor' })).toMatchObject({ status: 'unknown', parts: [] });
  });
});
