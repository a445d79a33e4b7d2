const SECRET_NAME = /pass|pwd|secret|token|credential|private_?key|api_?key/i;

/** Does a setting of this name hold a secret? Of such a setting only whether it is set is kept. */
export function looksSecret(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** What is kept of a secret: `present`, or the empty text. */
export function withoutSecret(value: string): string {
  return value.trim() === '' ? '' : 'present';
}

/** A web address without user name and password. */
export function withoutUserInfo(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]{0,20}:\/\/)[^/?#]*@/i, '$1');
}
