/** Security providers that stand in a sec_trailer (MS-RPCE 2.2.1.1.7). */
export const AUTH_TYPE = { none: 0, spnego: 9, ntlm: 10, schannel: 14, kerberos: 16, netlogon: 68 } as const;
/** Name of a security provider. */
export type AuthTypeName = keyof typeof AUTH_TYPE;

/** Authentication levels (MS-RPCE 2.2.1.1.8). */
export const AUTH_LEVEL = { default: 0, none: 1, connect: 2, call: 3, packet: 4, integrity: 5, privacy: 6 } as const;
/** Name of an authentication level. */
export type AuthLevelName = keyof typeof AUTH_LEVEL;

/** Reasons of a bind_nak (C706 section 12.6.3.1; 8 and 9: MS-RPCE 2.2.2.5). */
export const NAK_REASON: ReadonlyMap<number, string> = new Map([
  [0, 'reason_not_specified'],
  [1, 'temporary_congestion'],
  [2, 'local_limit_exceeded'],
  [3, 'called_paddr_unknown'],
  [4, 'protocol_version_not_supported'],
  [5, 'default_context_not_supported'],
  [6, 'user_data_not_readable'],
  [7, 'no_psap_available'],
  [8, 'authentication_type_not_recognized'],
  [9, 'invalid_checksum'],
]);

/** What a server did with a presentation context (C706 section 12.6.3.1, p_cont_def_result_t; negotiate_ack: MS-RPCE 2.2.2.4). */
export const CONTEXT_RESULT = { acceptance: 0, userRejection: 1, providerRejection: 2, negotiateAck: 3 } as const;

/** Why a server refused a presentation context (C706 section 12.6.3.1, p_provider_reason_t). */
export const REJECT_REASON: ReadonlyMap<number, string> = new Map([
  [0, 'reason_not_specified'],
  [1, 'abstract_syntax_not_supported'],
  [2, 'proposed_transfer_syntaxes_not_supported'],
  [3, 'local_limit_exceeded'],
]);

/** Status of a fault: C706 Appendix E and N, and the codes of Windows that stand there as well (MS-ERREF 2.1, 2.2). */
export const FAULT_STATUS: ReadonlyMap<number, string> = new Map([
  [0x5, 'ERROR_ACCESS_DENIED'],
  [0x6b5, 'RPC_S_UNKNOWN_IF'],
  [0x6bb, 'RPC_S_SERVER_TOO_BUSY'],
  [0x6be, 'RPC_S_CALL_FAILED'],
  [0x6bf, 'RPC_S_CALL_FAILED_DNE'],
  [0x6c0, 'RPC_S_PROTOCOL_ERROR'],
  [0x6d1, 'RPC_S_PROCNUM_OUT_OF_RANGE'],
  [0x6d3, 'RPC_S_UNKNOWN_AUTHN_SERVICE'],
  [0x6d8, 'EPT_S_CANT_PERFORM_OP'],
  [0x6e4, 'RPC_S_CANNOT_SUPPORT'],
  [0x6f7, 'RPC_X_BAD_STUB_DATA'],
  [0x71d, 'RPC_S_UNSUPPORTED_AUTHN_LEVEL'],
  [0x721, 'RPC_S_SEC_PKG_ERROR'],
  [0x1c000001, 'nca_s_fault_int_div_by_zero'],
  [0x1c000002, 'nca_s_fault_addr_error'],
  [0x1c000003, 'nca_s_fault_fp_div_zero'],
  [0x1c000004, 'nca_s_fault_fp_underflow'],
  [0x1c000005, 'nca_s_fault_fp_overflow'],
  [0x1c000006, 'nca_s_fault_invalid_tag'],
  [0x1c000007, 'nca_s_fault_invalid_bound'],
  [0x1c000008, 'nca_rpc_version_mismatch'],
  [0x1c000009, 'nca_unspec_reject'],
  [0x1c00000a, 'nca_s_bad_actid'],
  [0x1c00000b, 'nca_who_are_you_failed'],
  [0x1c00000c, 'nca_manager_not_entered'],
  [0x1c00000d, 'nca_s_fault_cancel'],
  [0x1c00000e, 'nca_s_fault_ill_inst'],
  [0x1c00000f, 'nca_s_fault_fp_error'],
  [0x1c000010, 'nca_s_fault_int_overflow'],
  [0x1c000014, 'nca_s_fault_pipe_empty'],
  [0x1c000015, 'nca_s_fault_pipe_closed'],
  [0x1c000016, 'nca_s_fault_pipe_order'],
  [0x1c000017, 'nca_s_fault_pipe_discipline'],
  [0x1c000018, 'nca_s_fault_pipe_comm_error'],
  [0x1c000019, 'nca_s_fault_pipe_memory'],
  [0x1c00001a, 'nca_s_fault_context_mismatch'],
  [0x1c00001b, 'nca_s_fault_remote_no_memory'],
  [0x1c00001c, 'nca_invalid_pres_context_id'],
  [0x1c00001d, 'nca_unsupported_authn_level'],
  [0x1c00001f, 'nca_invalid_checksum'],
  [0x1c000020, 'nca_invalid_crc'],
  [0x1c000021, 'nca_s_fault_user_defined'],
  [0x1c000022, 'nca_s_fault_tx_open_failed'],
  [0x1c000023, 'nca_s_fault_codeset_conv_error'],
  [0x1c000024, 'nca_s_fault_object_not_found'],
  [0x1c000025, 'nca_s_fault_no_client_stub'],
  [0x1c010002, 'nca_op_rng_error'],
  [0x1c010003, 'nca_unk_if'],
  [0x1c010006, 'nca_wrong_boot_time'],
  [0x1c010009, 'nca_s_you_crashed'],
  [0x1c01000b, 'nca_proto_error'],
  [0x1c010013, 'nca_out_args_too_big'],
  [0x1c010014, 'nca_server_too_busy'],
  [0x1c010017, 'nca_unsupported_type'],
  [0x80010105, 'RPC_E_SERVERFAULT'],
  [0x80010108, 'RPC_E_DISCONNECTED'],
  [0x80010110, 'RPC_E_VERSION_MISMATCH'],
  [0x80010113, 'RPC_E_INVALID_IPID'],
]);

function nameIn(table: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(table).find(([, number]) => number === value)?.[0] ?? String(value);
}

/** `ntlm`, `spnego` …; the number itself when it is not known. */
export function authTypeName(value: number): string {
  return nameIn(AUTH_TYPE, value);
}

/** `connect`, `integrity`, `privacy` …; the number itself when it is not known. */
export function authLevelName(value: number): string {
  return nameIn(AUTH_LEVEL, value);
}

/** Name of a bind_nak's reason; the number itself when it is not known. */
export function nakReasonName(reason: number): string {
  return NAK_REASON.get(reason) ?? String(reason);
}

/** Name of the reason of a refused presentation context; the number itself when it is not known. */
export function rejectReasonName(reason: number): string {
  return REJECT_REASON.get(reason) ?? String(reason);
}

/** Name of a fault's status; `0x…` when it is not known. */
export function faultName(status: number): string {
  return FAULT_STATUS.get(status) ?? `0x${status.toString(16)}`;
}
