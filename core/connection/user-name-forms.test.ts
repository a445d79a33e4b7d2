import { describe, expect, it } from 'vitest';
import { authorityOf, type ChallengeNames, isDomainMember, userNameForms } from './user-name-forms.ts';

const member: ChallengeNames = {
  computerName: 'HV01',
  dnsComputerName: 'hv01.corp.example',
  domain: 'CORP',
  dnsDomain: 'corp.example',
  forest: 'corp.example',
};
const alone: ChallengeNames = { computerName: 'WEB01', dnsComputerName: 'WEB01', domain: 'WEB01', dnsDomain: 'WEB01' };

describe('user-name forms', () => {
  it.each([
    // typed, host, form, user sent, domain sent
    ['alice@corp.example', member, 'upn', 'alice@corp.example', ''],
    ['alice@CORP', member, 'upn', 'alice', 'CORP'],
    ['alice@other.example', member, 'upn', 'alice@other.example', ''],
    ['admin@hv01', member, 'upn', 'admin', 'HV01'],
    ['CORP\\alice', member, 'down-level', 'alice', 'CORP'],
    ['corp.example\\alice', member, 'down-level', 'alice', 'corp.example'],
    ['OTHER\\alice', member, 'down-level', 'alice', 'OTHER'],
    ['hv01\\admin', member, 'down-level', 'admin', 'HV01'],
    ['.\\admin', member, 'dot', 'admin', 'HV01'],
    ['alice', member, 'bare', 'alice', 'CORP'],
    ['admin', alone, 'bare', 'admin', 'WEB01'],
    ['.\\admin', alone, 'dot', 'admin', 'WEB01'],
    ['alice\\CORP', member, 'reversed', 'alice', 'CORP'],
    ['corp.example@alice', member, 'reversed', 'alice', 'corp.example'],
    ['CORP\\CORP', member, 'down-level', 'CORP', 'CORP'],
    ['alice', undefined, 'bare', 'alice', ''],
    ['CORP\\alice', undefined, 'down-level', 'alice', 'CORP'],
    ['a\\b@c', undefined, 'down-level', 'b@c', 'a'],
    ['@alice', undefined, 'bare', '@alice', ''],
    ['', member, 'empty', '', ''],
  ] as const)('%s', (typed, names, form, user, domain) => {
    const forms = userNameForms(typed, names);
    expect(forms.form).toBe(form);
    expect(forms.choices[0]).toMatchObject({ user, domain });
    expect(forms.choices[0]?.why.ja).not.toBe('');
  });

  it('gives further forms once each: as typed, local account, user principal name, domain account', () => {
    const sent = (typed: string, names?: ChallengeNames) =>
      userNameForms(typed, names).choices.map(({ user, domain }) => `${domain}|${user}`);
    expect(sent('alice', member)).toEqual(['CORP|alice', '|alice', 'HV01|alice', '|alice@corp.example']);
    expect(sent('alice\\CORP', member)).toEqual(['CORP|alice', 'alice|CORP', 'HV01|alice', '|alice@corp.example']);
    expect(sent('.\\admin', alone)).toEqual(['WEB01|admin']);
    expect(sent('', member)).toEqual(['|']);
  });

  it('knows who judges an account', () => {
    expect(authorityOf({ user: 'alice', domain: 'CORP' }, member, 'x')).toBe('corp.example');
    expect(authorityOf({ user: 'alice@corp.example', domain: '' }, member, 'x')).toBe('corp.example');
    expect(authorityOf({ user: 'admin', domain: 'HV01' }, member, 'x')).toBe('hv01.corp.example');
    expect(authorityOf({ user: 'admin', domain: 'ANY' }, alone, 'x')).toBe('WEB01');
    expect(authorityOf({ user: 'admin', domain: '' }, undefined, '192.0.2.1')).toBe('192.0.2.1');
    expect(authorityOf({ user: 'alice', domain: 'OTHER' }, member, 'x')).toBe('OTHER');
  });

  it('tells a member of a domain from a workgroup host, and says nothing without names', () => {
    expect(isDomainMember({ ...member, targetType: 'server' })).toBe(false);
    expect([isDomainMember(member), isDomainMember(alone), isDomainMember({}), isDomainMember(undefined)]).toEqual([
      true,
      false,
      undefined,
      undefined,
    ]);
  });
});
