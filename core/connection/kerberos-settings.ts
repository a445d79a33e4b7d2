/** What is known about Kerberos before anything is asked. Everything has a default. */
export interface KerberosSettings {
  /** Text of a krb5.conf; default: the file of KRB5_CONFIG, else /etc/krb5.conf. */
  readonly config?: string;
  /** Realm of the account when its name does not tell. */
  readonly realm?: string;
  /** `host` or `host:port` of the realm's KDCs; default: krb5.conf, then DNS SRV. */
  readonly kdcs?: readonly string[];
  /** Environment with KRB5_CONFIG and KRB5CCNAME; default the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Service principal name to ask for; default `HTTP/<host>`. */
  readonly servicePrincipalName?: string;
}
