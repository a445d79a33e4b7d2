/** Packages of `formats/` and `protocols/` in dependency order. */
export const PUBLISHED = [
  'formats/bytes',
  'formats/evtx',
  'formats/registry-hive',
  'formats/crash-dump',
  'formats/pe',
  'formats/disk',
  'formats/etl',
  'protocols/ciphers',
  'protocols/gss',
  'protocols/ntlm',
  'protocols/kerberos',
  'protocols/spnego',
  'protocols/credssp',
  'protocols/wsman',
  'protocols/rdp',
  'protocols/dcerpc',
  // Behind the protocols whose parsers it uses.
  'formats/capture',
];
