/** Texts that Windows stores in the event itself, in the language of the system. Decisions never rest on them. */
export interface SystemTexts {
  readonly restart: string;
  readonly powerOff: string;
  /** Title of a reason code; codes without a title give {@link noTitle}. */
  readonly titles: ReadonlyMap<number, string>;
  readonly noTitle: string;
  readonly multiprocessor: string;
  /** Zone text of EventLog 6013. */
  readonly zone: string;
  readonly definitionUpdate: (version: string) => string;
  readonly cumulativeUpdate: (month: string, kb: string) => string;
  readonly running: string;
  readonly stopped: string;
  /** Date and time of EventLog 6008: the date holds U+200E in front of its parts. */
  readonly dateAndTime: (local: Date) => readonly [time: string, date: string];
}

const two = (value: number): string => value.toString().padStart(2, '0');

/** Japanese Windows. Titles other than 0x80020010 and the missing one are unverified. */
export const JAPANESE: SystemTexts = {
  restart: '再起動',
  powerOff: '電源を切る',
  titles: new Map([
    [0x80020010, 'オペレーティング システム: Service pack (計画済)'],
    [0x80040002, 'アプリケーション: インストール (計画済)'],
    [0x0, 'その他 (計画外)'],
    [0x80000000, 'その他 (計画済)'],
  ]),
  noTitle: 'この理由のタイトルが見つかりません',
  multiprocessor: 'Multiprocessor Free',
  zone: '-540 東京 (標準時)',
  definitionUpdate: (version) => `Windows Defender Antivirus の定義の更新 - KB2267602 (定義 ${version})`,
  cumulativeUpdate: (month, kb) => `${month} x64 ベース システム用 Windows Server 2016 の累積更新プログラム (${kb})`,
  running: '実行中',
  stopped: '停止',
  dateAndTime: (local) => [
    `${local.getUTCHours()}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`,
    `\u200e${local.getUTCFullYear()}/\u200e${two(local.getUTCMonth() + 1)}/\u200e${two(local.getUTCDate())}`,
  ],
};

/** English Windows. */
export const ENGLISH: SystemTexts = {
  restart: 'restart',
  powerOff: 'power off',
  titles: new Map([
    [0x80020010, 'Operating System: Service pack (Planned)'],
    [0x80020003, 'Operating System: Upgrade (Planned)'],
    [0x80040002, 'Application: Installation (Planned)'],
    [0x84040002, 'Application: Installation (Planned)'],
    [0x0, 'Other (Unplanned)'],
    [0x80000000, 'Other (Planned)'],
    [0x85000000, 'Other (Planned)'],
  ]),
  noTitle: 'No title for this reason could be found',
  multiprocessor: 'Multiprocessor Free',
  zone: '0 Coordinated Universal Time',
  definitionUpdate: (version) => `Security Intelligence Update for Windows Defender Antivirus - KB2267602 (Version ${version})`,
  cumulativeUpdate: (month, kb) => `${month} Cumulative Update for Windows Server 2019 (1809) for x64-based Systems (${kb})`,
  running: 'running',
  stopped: 'stopped',
  dateAndTime: (local) => {
    const hour = local.getUTCHours();
    return [
      `${hour % 12 || 12}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())} ${hour < 12 ? 'AM' : 'PM'}`,
      `\u200e${local.getUTCMonth() + 1}/\u200e${local.getUTCDate()}/\u200e${local.getUTCFullYear()}`,
    ];
  },
};
