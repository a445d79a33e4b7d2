/** Ciphers and hashes that NTLM and Kerberos need and that Node's OpenSSL 3 no longer offers. None of them is for new designs. */
export { aesCtsDecrypt, aesCtsEncrypt } from './aes-cts.ts';
export { desEncryptBlock, desKeyFrom7Bytes } from './des.ts';
export { md4 } from './md4.ts';
export { type Rc4, rc4 } from './rc4.ts';
