/**
 * Settings of the account policies under the address `account:…`, by the names of the security template.
 * @source [MS-GPSB] 2.2.1.1 (password), 2.2.1.2 (lockout), 2.2.1.3 (local accounts), 2.2.1.4 (anonymous)
 */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['minimumpasswordage', 'min-password-age'],
  ['maximumpasswordage', 'max-password-age'],
  ['minimumpasswordlength', 'min-password-length'],
  ['passwordcomplexity', 'password-complexity'],
  ['passwordhistorysize', 'password-history'],
  ['cleartextpassword', 'reversible-encryption'],
  ['lockoutbadcount', 'lockout-threshold'],
  ['resetlockoutcount', 'lockout-window'],
  ['lockoutduration', 'lockout-duration'],
  ['allowadministratorlockout', 'administrator-lockout'],
  ['forcelogoffwhenhourexpire', 'force-logoff'],
  ['requirelogontochangepassword', 'logon-to-change-password'],
  ['newadministratorname', 'administrator-name'],
  ['newguestname', 'guest-name'],
  ['enableadminaccount', 'administrator-enabled'],
  ['enableguestaccount', 'guest-enabled'],
  ['lsaanonymousnamelookup', 'anonymous-name-lookup'],
]);

/** Address of a setting of `[System Access]`: days for ages, minutes for durations; -1: never expires, or locked until an administrator unlocks. */
export function accountAddress(name: string): string | undefined {
  const known = NAMES.get(name.toLowerCase());
  return known === undefined ? undefined : `account:${known}`;
}

/** Success and failure of an audit setting: bits 1 and 2. @source [MS-GPSB] 2.2.4, [MS-GPAC] 2.2.1.2 */
const AUDIT = ['none', 'success', 'failure', 'both'] as const;

/** Word for the number of an audit setting; `undefined` for other numbers. */
export function auditWord(text: string): string | undefined {
  return /^[0-3]$/.test(text) ? AUDIT[Number(text)] : undefined;
}

/** Accounts of a user right, one each: SIDs without the `*` of templates, names as they stand. */
export function accountsOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim().replace(/^\*(?=S-1-)/i, ''))
    .filter((one) => one !== '');
}
