import { describe, expect, it } from 'vitest';
import { CliError } from './errors.ts';
import { parseNumbers, parseWhere } from './where.ts';

describe('parseWhere', () => {
  it.each([
    ['LogonType=10', { field: 'LogonType', op: 'equals', values: ['10'] }],
    ['LogonType=[2,10]', { field: 'LogonType', op: 'equals', values: ['2', '10'] }],
    ['TargetUserName!=Administrator', { field: 'TargetUserName', op: 'equals', values: ['Administrator'], not: true }],
    ['ProcessName|endswith=\\winlogon.exe', { field: 'ProcessName', op: 'endswith', values: ['\\winlogon.exe'] }],
    ['CommandLine|contains|all=[/r,/t]', { field: 'CommandLine', op: 'contains', values: ['/r', '/t'], all: true }],
    ['Data[0]=x=y', { field: 'Data[0]', op: 'equals', values: ['x=y'] }],
    ['IpAddress|cidr=10.0.0.0/8', { field: 'IpAddress', op: 'cidr', values: ['10.0.0.0/8'] }],
    ['IpAddress|exists=false', { field: 'IpAddress', op: 'exists', values: [], not: true }],
    ['Comment=null', { field: 'Comment', op: 'null', values: [] }],
    ['Level|lte=2', { field: 'Level', op: 'lte', values: ['2'] }],
  ])('%s', (text, expected) => {
    expect(parseWhere(text)).toEqual(expected);
  });

  it.each(['', 'LogonType', '=5', 'A|nonsense=1', 'A|re=(', 'A|gt=many', 'A|exists=maybe'])('refuses %j with CLI_WHERE', (text) => {
    expect(() => parseWhere(text)).toThrowError(expect.objectContaining({ code: 'CLI_WHERE' }));
  });
});

describe('parseNumbers', () => {
  it('reads lists and ranges', () => {
    expect(parseNumbers('--ids', '1074, 6005-6008,41')).toEqual([1074, 6005, 6006, 6007, 6008, 41]);
  });
  it.each(['', 'abc', '70000', '9-1', '1,,2'])('refuses %j', (text) => {
    expect(() => parseNumbers('--ids', text)).toThrow(CliError);
  });
});
