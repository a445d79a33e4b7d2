import type { ShellApi } from './client-types.ts';
import { WsmanError } from './errors.ts';
import { faultClass } from './fault-codes.ts';
import type { Message, Messenger } from './messenger.ts';
import { ACTION, NS } from './namespaces.ts';
import type { Operation } from './request.ts';
import { readCommandId, readShellOutput, type ShellOutput } from './responses.ts';

const COMMAND_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['WINRS_CONSOLEMODE_STDIN', 'TRUE'],
  ['WINRS_SKIP_CMD_SHELL', 'FALSE'],
]);
/** Windows' name; in backticks because quoted texts of this form are this package's error codes. */
const KEEPALIVE = `WSMAN_CMDSHELL_OPTION_KEEPALIVE`;
/** The host answers with an empty output when there is none for a while, instead of closing an idle command. */
const RECEIVE_OPTIONS: ReadonlyMap<string, string> = new Map([[KEEPALIVE, 'TRUE']]);

/** A shell on a host (MS-WSMV 3.1.4.5.2 and on). Delete it: it counts against MaxShellsPerUser until its idle time-out. */
export class WsmanShell implements ShellApi {
  readonly shellId: string;
  readonly #messenger: Messenger;
  readonly #resourceUri: string;
  readonly #streams: readonly string[];

  constructor(messenger: Messenger, resourceUri: string, shellId: string, streams: readonly string[]) {
    this.#messenger = messenger;
    this.#resourceUri = resourceUri;
    this.shellId = shellId;
    this.#streams = streams;
  }

  async command(command: string, args: readonly string[] = []): Promise<string> {
    return readCommandId(
      await this.#send({ action: ACTION.command, operation: { kind: 'command', command, arguments: args }, options: COMMAND_OPTIONS }),
    );
  }

  async send(commandId: string, data: Uint8Array, end: boolean): Promise<void> {
    await this.#send({ action: ACTION.send, operation: { kind: 'send', stream: 'stdin', commandId, data, end } });
  }

  async receive(commandId: string): Promise<ShellOutput> {
    const operation: Operation = { kind: 'receive', streams: this.#streams, commandId };
    return readShellOutput(await this.#send({ action: ACTION.receive, operation, options: RECEIVE_OPTIONS, repeatable: true }));
  }

  async signal(commandId: string, code = `${NS.rsp}/signal/terminate`): Promise<void> {
    await this.#send({ action: ACTION.signal, operation: { kind: 'signal', commandId, code } });
  }

  async delete(): Promise<void> {
    try {
      await this.#send({ action: ACTION.delete, operation: { kind: 'delete' } });
    } catch (error) {
      const gone = error instanceof WsmanError && error.fault !== undefined && faultClass(error.fault) === 'shell-gone';
      if (!gone) throw error;
    }
  }

  #send(message: Message) {
    const selectors = new Map([['ShellId', this.shellId]]);
    return this.#messenger.exclusive(() => this.#messenger.send({ resourceUri: this.#resourceUri, selectors, ...message }));
  }
}
