/** The shapes of settings of hosts, of findings that need several of them, and of what reading a crash dump needs. */
import type { Basis, Localized, Remedy, Scalar } from './model.ts';

/**
 * Address of a piece of host state. `scheme:path!name`; compared case-insensitively. Schemes:
 * `reg:HKLM\SYSTEM\CurrentControlSet\…!Value` (registry; without `!` the key itself; `!` alone the default value; control sets already
 * resolved to CurrentControlSet; `reg:BCD\Objects\{guid}\Elements\25000080!Element` for the boot store);
 * `winrm:config/service!AllowUnencrypted`, `winrm:config/service/auth!Basic`, `winrm:config/client!TrustedHosts`,
 * `winrm:config/listener/*+HTTP!Port` (of a compatibility listener: `winrm:config/listener/*+HTTP+Compatibility!Port`);
 * `service:winrm!start` (boot, system, auto, delayed-auto, manual, disabled), `service:winrm!state` (running, stopped …), `!account`, `!path`;
 * `right:SeShutdownPrivilege` (list of SIDs, or of names where no SID is known); `account:lockout-threshold` … (secedit, net accounts);
 * `audit:{subcategory GUID}` (none, success, failure, both), `audit:category!AuditLogonEvents` for the old categories;
 * `os:build`, `os:version`, `os:name`, `os:product-type` (client, server, dc), `os:boot-time`, `os:time-zone`, `os:install-time` (times local
 * to the host, as printed: `2019-11-21T15:00:00`);
 * `host:name`, `host:domain`, `host:hotfix!KB5004442`;
 * `http:urlacl!http://+:5985/wsman/`, `http:sslcert!0.0.0.0:5986`, `http:iplisten!10.0.0.5`, `http:url!HTTP://+:5985/WSMAN/` (queue owner);
 * `whoami:user`, `whoami:group!S-1-5-32-544`, `whoami:privilege!SeShutdownPrivilege`;
 * `gpo:applied!NAME`; `vmm:config!vmm_url`.
 * A `*` stands for one path component, or for the name.
 */
export type StateAddress = string;

/** One place where a setting is stored. */
export interface SettingPlace {
  readonly address: StateAddress;
  /** A policy place: wins over the places that are not. Within one kind the order of the list decides. */
  readonly policy?: true;
  /** How sure the place itself is (a value name that was not checked is `unverified` and shown as such). Default: documented. */
  readonly basis?: Basis;
  /**
   * The source shows what is in effect, whatever set it (`winrm get`, `sc query`): a value seen here needs no other place to be looked at. It is another
   * view of the same setting, so it need not be looked at when all other places were and one of them is local (not a policy).
   */
  readonly effective?: true;
}

/** What holds when a setting is stored nowhere. The first entry whose `when` fits counts. */
export interface SettingDefault {
  readonly when?: { readonly product?: 'client' | 'server' | 'dc'; readonly minBuild?: number; readonly maxBuild?: number };
  /** Value in the same notation as stored ones; `null`: nothing is set and that means something of its own (said in `text`). */
  readonly value: string | null;
  readonly text?: Localized;
  /** Default: documented. */
  readonly basis?: Basis;
}

/** How bad a finding is. */
export type Severity = 'high' | 'medium' | 'low' | 'info';

/** A setting of a host that exposes it, breaks its management, hides evidence or bears on its recovery. */
export interface SettingDefinition {
  /** Kebab-case (`rds-nla`). */
  readonly id: string;
  /** Rows of the source tables it stands for; not shown. */
  readonly covers: readonly string[];
  readonly area:
    | 'rdp'
    | 'logon'
    | 'uac'
    | 'ntlm'
    | 'kerberos'
    | 'credssp'
    | 'winrm'
    | 'dcom'
    | 'rpc'
    | 'firewall'
    | 'service'
    | 'crash'
    | 'boot'
    | 'power'
    | 'update'
    | 'smb'
    | 'tls'
    | 'logging'
    | 'hyper-v'
    | 'bitlocker'
    | 'identity';
  /** What a risky value does: exposes the host, breaks the management connection, loses evidence, hinders recovery; or it only informs. */
  readonly kind: 'exposure' | 'connection' | 'evidence' | 'recovery' | 'information';
  readonly title: Localized;
  readonly meaning: Localized;
  readonly places: readonly SettingPlace[];
  /** Stored value to its meaning. Numbers decimal, text as stored; `*` for any other; `\*` for the text `*` itself. */
  readonly values?: Readonly<Record<string, Localized>>;
  /** The stored value is a time: a FILETIME or SYSTEMTIME in binary. It is shown as a time. */
  readonly time?: 'filetime' | 'systemtime';
  readonly defaults: readonly SettingDefault[];
  /** Risky when it holds for the effective value; absent: it only informs. */
  readonly risky?: ValueTest;
  /** The risk holds only on these products (shutdown without logon is normal on clients). */
  readonly riskyOn?: readonly ('client' | 'server' | 'dc')[];
  readonly severity: Severity;
  /** Why a risky value matters, in one sentence; required with `risky`. */
  readonly finding?: Localized;
  readonly remedies: readonly Remedy[];
  /** What would be needed to check it. */
  readonly obtain: Localized;
  readonly command?: string;
  /** Fact of `knowledge/facts` it supplies, and stored (or default) values mapped to fact values; `*` maps any other value, `\*` the text `*` itself, `=` keeps it as it is. */
  readonly fact?: { readonly name: string; readonly values: Readonly<Record<string, string>> };
  readonly basis: readonly Basis[];
  readonly sources: readonly string[];
}

/** A test of one value: all given must hold. Numbers by value. */
export interface ValueTest {
  readonly is?: Scalar | readonly Scalar[];
  readonly not?: Scalar | readonly Scalar[];
  readonly gt?: number;
  readonly lt?: number;
  /** All of these bits are set / none of them is. */
  readonly bits?: number;
  readonly noBits?: number;
  readonly contains?: string | readonly string[];
  /** A list (or text separated by commas or semicolons) holds any of these. */
  readonly includes?: string | readonly string[];
  /** The value is stored somewhere (true) or nowhere (false). */
  readonly present?: boolean;
  readonly empty?: boolean;
}

/** A condition over settings, evaluated to true, false or unknown. */
export type StateExpr =
  | { readonly all: readonly StateExpr[] }
  | { readonly any: readonly StateExpr[] }
  | { readonly not: StateExpr }
  /** The setting's own `risky` test holds. */
  | { readonly risky: string }
  | ({ readonly setting: string } & ValueTest);

/** A finding that needs several settings together. */
export interface CombinedFinding {
  readonly id: string;
  readonly title: Localized;
  /** One sentence a manager can forward. */
  readonly sentence: Localized;
  readonly severity: Severity;
  readonly when: StateExpr;
  /** The setting to change first: least side effect, with the reason; its remedy is shown. */
  readonly change: { readonly setting: string; readonly why: Localized };
  /** Other ways, with what speaks against doing them first. */
  readonly others?: readonly { readonly setting: string; readonly why: Localized }[];
  readonly basis: readonly Basis[];
  readonly sources: readonly string[];
}

/** What reading a crash dump needs from the knowledge base. */
export interface BlameKnowledge {
  /** By stop code (`0x7e`): where the faulting address is. */
  readonly addressParameters: readonly {
    readonly code: string;
    readonly parameter: 1 | 2 | 3 | 4;
    readonly is: 'instruction' | 'exception-record' | 'data' | 'driver-object';
    readonly source: string;
    readonly unverified?: true;
  }[];
  /** Windows' own modules, lower case. */
  readonly windowsModules: readonly string[];
  /** Third-party modules people meet, with the maker and what they are. */
  readonly knownModules: readonly {
    readonly name: string;
    readonly maker: string;
    readonly kind: string;
    readonly source: string;
    readonly unverified?: true;
  }[];
}
