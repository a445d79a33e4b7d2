/** Caps against hostile input, each with its reason. */
export const LIMITS = {
  /** Bytes of one message: Windows stops at 65 535 for a token (MaxTokenSize); room for a ticket twice as large with its frame. */
  message: 256 * 1024,
  /** Elements of pre-authentication data: KDCs send fewer than 20. */
  preAuthentication: 64,
  /** Parts of a principal's name: `HTTP/host/domain` has three. */
  nameParts: 16,
  /** Characters of one part, of a realm or of a salt: host names end at 255, a salt is realm and name. */
  text: 2048,
  /** Encryption types in a request or ETYPE-INFO2. */
  etypes: 64,
  /** PBKDF2 rounds a KDC may ask for: 4096 is usual, 32 768 for AES-SHA2; a million takes about a second here. */
  iterations: 1 << 20,
  /** Referrals from realm to realm, and from a wrong realm to the right one: forests are rarely deeper than 5. */
  referrals: 10,
  /** Entries of a keytab and credentials of a cache: a domain controller's keytab has some hundred. */
  entries: 20_000,
  /** Bytes of one keytab entry or one field of a cache. */
  field: 1 << 20,
  /** Lines and characters a line of a krb5.conf. */
  lines: 100_000,
  lineLength: 4096,
  /** Authenticators an acceptor remembers; older ones are outside the accepted skew in practice. */
  replays: 10_000,
} as const;
